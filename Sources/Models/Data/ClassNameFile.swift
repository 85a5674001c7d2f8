import Foundation

/// A text file with names of classes.
///
/// Either a line for each class with its id and its name, apart by a tab, a colon, a comma or a blank
/// (`n02086240 Shih-Tzu`, `0: zero`); lines of ids that the set does not have are passed over. Or one name a
/// line, in the order of the classes, all with their numbers from 0 or 1 or none (`1. owl`). An id is the
/// class folder, or the label of a set without folders.
enum ClassNameFile {
    /// The names by id.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - ids: all classes of the set, in its order.
    ///   - isList: whether one name a line is allowed. Otherwise the file is one of WordNet's lists, in which
    ///     the first synonym counts.
    /// - Throws: `DataError`.
    static func names(in path: String, of ids: [String], isList: Bool = true) throws(DataError) -> [String:
        String]
    {
        let known = Set(ids)
        var table: [String: String] = [:]
        let lines = try lines(of: path)
        for line in lines {
            guard let (id, rest) = split(line.text, known: known) else { continue }
            let name = isList ? rest : firstSynonym(rest, isNumbered: path.hasSuffix("/map_clsloc.txt"))
            guard table.updateValue(try checked(name, path, line.number), forKey: id) == nil else {
                throw .malformed(path: path, line: line.number, reason: "a second name for '\(id)'")
            }
        }
        let numbers = isList ? Numbers(lines) : nil
        // Labels count from 0; a list that counts from 1 means the same classes.
        let isShifted = numbers?.first == 1 && lines.count == ids.count && known.contains("0")
        guard table.isEmpty && isList || isShifted else { return table }
        guard lines.count == ids.count else {
            throw .classNameCount(path: path, found: lines.count, classes: ids.count)
        }
        if numbers == nil, lines.allSatisfy({ ClassNames.isWordNetID($0.text) }) {
            throw .malformed(
                path: path, line: lines[0].number,
                reason: "no class of the data is called '\(lines[0].text.prefix(9))'")
        }
        for (id, line) in zip(ids, try inOrder(lines, numbers, path)) {
            table[id] = try checked(line.text, path, line.number)
        }
        return table
    }

    /// A line that is not empty, without blanks around it; its number counts from 1.
    private typealias Line = (number: Int, text: String)

    private static func lines(of path: String) throws(DataError) -> [Line] {
        try DataFiles.lines(path).enumerated().map { ($0 + 1, trimmed($1)) }.filter { !$0.1.isEmpty }
    }

    /// Lines of which each begins with a number and a sign.
    private struct Numbers {
        /// What stands behind the numbers, in their order.
        let lines: [Line]
        /// The first number, 0 or 1, where the others count on from it.
        let first: Int?

        /// Nil where a line begins with none.
        init?(_ lines: [Line]) {
            var found: [(value: Int, line: Line)] = []
            for line in lines {
                let digits = line.text.prefix { $0.isASCII && $0.isNumber }
                let signed = line.text.dropFirst(digits.count)
                let name = signed.drop { "\t:,.;-) ".contains($0) }
                guard let value = Int(digits), name.count < signed.count, !name.isEmpty else { return nil }
                found.append((value, (line.number, unquoted(trimmed(name)))))
            }
            found.sort { $0.value < $1.value }
            let start = found.first?.value ?? 0
            first = start < 2 && found.map(\.value) == Array(start..<start + found.count) ? start : nil
            self.lines = found.map(\.line)
        }
    }

    /// One name a line, however many: for sets whose number of classes the file decides.
    ///
    /// - Throws: `DataError`.
    static func list(in path: String) throws(DataError) -> [String] {
        let lines = try lines(of: path)
        var names: [String] = []
        for line in try inOrder(lines, Numbers(lines), path) {
            names.append(try checked(line.text, path, line.number))
        }
        return names
    }

    /// The names in the order of their numbers, where they have any.
    private static func inOrder(
        _ lines: [Line], _ numbers: Numbers?, _ path: String
    ) throws(DataError) -> [Line] {
        guard let numbers else { return lines }
        guard numbers.first != nil else {
            throw .malformed(
                path: path, line: lines[0].number,
                reason: "its numbers are not 0 to \(lines.count - 1), nor 1 to \(lines.count)")
        }
        return numbers.lines
    }

    /// A line as the id of a class and what stands behind it; nil where it begins with no id.
    private static func split(_ line: String, known: Set<String>) -> (id: String, rest: String)? {
        for separator in ["\t", ":", ",", " "] as [Character] {
            guard let end = line.firstIndex(of: separator) else { continue }
            let id = unquoted(trimmed(line[..<end])),
                rest = unquoted(trimmed(line[line.index(after: end)...]))
            if known.contains(id), !rest.isEmpty { return (id, rest) }
        }
        return nil
    }

    /// "tench, Tinca tinca" is "tench"; `map_clsloc.txt` has a number before and underscores in the name.
    private static func firstSynonym(_ names: String, isNumbered: Bool) -> String {
        guard isNumbered, let blank = names.firstIndex(of: " ") else {
            return trimmed(names.prefix { $0 != "," })
        }
        return String(names[names.index(after: blank)...].replacing("_", with: " "))
    }

    private static func checked(_ name: String, _ path: String, _ line: Int) throws(DataError) -> String {
        guard name.isOneLine else {
            throw .malformed(
                path: path, line: line, reason: "no name of a class: at most 200 characters, none of control")
        }
        return name
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func unquoted(_ text: String) -> String {
        for quote in ["\"", "'"] where text.count >= 2 && text.hasPrefix(quote) && text.hasSuffix(quote) {
            return String(text.dropFirst().dropLast())
        }
        return text
    }
}
