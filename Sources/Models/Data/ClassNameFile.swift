import Foundation

/// A text file with names of classes.
///
/// Either a line for each class with its id and its name, apart by a tab, a colon, a comma or a blank
/// (`n02086240 Shih-Tzu`, `0: zero`); lines of ids that the set does not have are passed over. Or one name a
/// line, in the order of the classes. An id is the class folder, or the label of a set without folders.
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
        // Kept for a list of names alone: words.txt has 82,000 lines.
        var lines: [(number: Int, text: String)] = []
        for (index, line) in try DataFiles.lines(path).enumerated() {
            let text = trimmed(line)
            guard !text.isEmpty else { continue }
            if isList { lines.append((index + 1, text)) }
            guard let (id, rest) = split(text, known: known) else { continue }
            let name = isList ? rest : firstSynonym(rest, isNumbered: path.hasSuffix("/map_clsloc.txt"))
            guard table.updateValue(try checked(name, path, index + 1), forKey: id) == nil else {
                throw .malformed(path: path, line: index + 1, reason: "a second name for '\(id)'")
            }
        }
        if !isList || !table.isEmpty { return table }
        guard lines.count == ids.count else {
            throw .classNameCount(path: path, found: lines.count, classes: ids.count)
        }
        for (id, line) in zip(ids, lines) { table[id] = try checked(line.text, path, line.number) }
        return table
    }

    /// One name a line, however many: for sets whose number of classes the file decides.
    ///
    /// - Throws: `DataError`.
    static func list(in path: String) throws(DataError) -> [String] {
        var names: [String] = []
        for (index, line) in try DataFiles.lines(path).enumerated() {
            let text = trimmed(line)
            if !text.isEmpty { names.append(try checked(text, path, index + 1)) }
        }
        return names
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
