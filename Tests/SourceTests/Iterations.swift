/// Finds loops over dictionaries and sets in their own order, as far as names tell what is one.
struct Iterations {
    private let tokens: [Token]
    /// Whether a name stands for a dictionary or a set from a token on.
    private var declarations: [String: [(index: Int, isUnordered: Bool)]] = [:]
    /// Lines on which something is sorted.
    private let sorted: Set<Int>

    private static let operations: Set = [
        "map", "flatMap", "compactMap", "forEach", "reduce", "first", "joined", "enumerated", "prefix",
    ]

    /// The lines on which a file iterates so.
    static func lines(in tokens: [Token]) -> [Int] { Iterations(tokens).findings }

    private init(_ tokens: [Token]) {
        self.tokens = tokens
        sorted = Set(tokens.lazy.filter { $0.text == "sorted" || $0.text == "sort" }.map(\.line))
        for index in tokens.indices where tokens[index].isWord {
            let name = tokens[index].text
            let isVariable = text(index - 1) == "let" || text(index - 1) == "var"
            if text(index + 1) == ":" {
                let type = text(index + 2) == "inout" ? index + 3 : index + 2
                let isType = text(type) == "[" || text(type).first?.isUppercase == true
                if isVariable || isType {
                    declarations[name, default: []].append((index, isUnorderedType(at: type)))
                }
            } else if isVariable {
                let isUnordered = text(index + 1) == "=" && isUnorderedValue(at: index + 2)
                declarations[name, default: []].append((index, isUnordered && !isSorted(tokens[index].line)))
            }
        }
    }

    private func text(_ index: Int) -> String { tokens.indices.contains(index) ? tokens[index].text : "" }

    /// `[Key: Value]`, `Set<…>` or `Dictionary<…>`.
    private func isUnorderedType(at index: Int) -> Bool {
        if ["Set", "Dictionary"].contains(text(index)) { return text(index + 1) == "<" }
        guard text(index) == "[" else { return false }
        var depth = 0
        for place in index..<min(tokens.count, index + 40) {
            switch text(place) {
            case "[", "(", "<": depth += 1
            case "]", ")", ">":
                depth -= 1
                if depth == 0 { return false }
            case ":": if depth == 1 { return true }
            default: break
            }
        }
        return false
    }

    /// `Set(…)`, `Dictionary(…)`, `[:]`, `[Key: Value]()`.
    private func isUnorderedValue(at index: Int) -> Bool {
        if ["Set", "Dictionary"].contains(text(index)) { return true }
        return text(index) == "[" && (text(index + 1) == ":" || isUnorderedType(at: index))
    }

    private func isUnordered(_ name: String, at index: Int) -> Bool {
        guard let places = declarations[name] else { return false }
        return (places.last { $0.index < index } ?? places[0]).isUnordered
    }

    private var findings: [Int] {
        tokens.indices.filter { isLoop(at: $0) || isOperation(at: $0) }.map { tokens[$0].line }
            .filter { !isSorted($0) }
    }

    private func isSorted(_ line: Int) -> Bool { sorted.contains(line) || sorted.contains(line + 1) }

    /// `for … in names`, `in self.names`, `in names.values`.
    private func isLoop(at index: Int) -> Bool {
        guard text(index) == "in", text(index - 1) != "`" else { return false }
        var place = index + 1, names: [String] = []
        if text(place) == "self", text(place + 1) == "." { place += 2 }
        while place < tokens.count, tokens[place].isWord {
            names.append(text(place))
            guard text(place + 1) == "." else { break }
            place += 2
        }
        guard let last = names.last, text(place + 1) == "{" || text(place + 1) == "where",
            isLoopHead(before: index)
        else { return false }
        if names.count > 1, last == "keys" || last == "values" { return true }
        return names.count == 1 && isUnordered(last, at: index)
    }

    /// Whether an `in` belongs to a `for` and not to a closure.
    private func isLoopHead(before index: Int) -> Bool {
        for place in (max(0, index - 12)..<index).reversed() {
            if text(place) == "for" { return true }
            if text(place) == "{" { return false }
        }
        return false
    }

    /// `names.map`, `names.values.joined`.
    private func isOperation(at index: Int) -> Bool {
        guard tokens[index].isWord, text(index - 1) != "." || text(index - 2) == "self",
            text(index + 1) == "."
        else { return false }
        let isPart = ["keys", "values"].contains(text(index + 2)) && text(index + 3) == "."
        guard Self.operations.contains(text(index + (isPart ? 4 : 2))) else { return false }
        return isUnordered(text(index), at: index)
    }
}
