/// The names of types that files declare, and where.
struct Declarations {
    private static let keywords: Set = [
        "struct", "class", "enum", "actor", "protocol", "typealias", "associatedtype",
    ]

    /// Each name of a type that is not nested, with the rooms that declare it.
    private(set) var rooms: [String: Set<String>] = [:]
    /// All names of types in a room, also nested ones.
    private var names: [String: Set<String>] = [:]

    init(_ files: [SourceFile]) {
        for file in files {
            for declaration in Self.declared(in: file.tokens) {
                names[file.room, default: []].insert(declaration.name)
                if declaration.isVisible { rooms[declaration.name, default: []].insert(file.room) }
            }
        }
    }

    /// The types of a file; those that other files may use are declared at the margin and are not private.
    private static func declared(in tokens: [Token]) -> [(name: String, isVisible: Bool)] {
        var found: [(String, Bool)] = []
        // Of the declaration that begins at the margin.
        var isPrivate = false, isAtMargin = false
        for index in tokens.indices.dropLast() {
            let token = tokens[index]
            if token.isAtMargin {
                isAtMargin = true
                isPrivate = false
            } else if index > 0, tokens[index - 1].line != token.line {
                isAtMargin = false
            }
            if token.text == "private" || token.text == "fileprivate" { isPrivate = true }
            guard keywords.contains(token.text), tokens[index + 1].isWord, tokens[index + 1].text != "func"
            else { continue }
            found.append((tokens[index + 1].text, isAtMargin && !isPrivate))
        }
        return found
    }

    /// The rooms whose types a file uses, each with the names, but for its own room. Nested types count by
    /// the types around them; a name that several rooms declare says nothing.
    func uses(of file: SourceFile) -> [String: Set<String>] {
        let own = names[file.room] ?? []
        var uses: [String: Set<String>] = [:]
        for (index, token) in file.tokens.enumerated() {
            guard let first = token.text.utf8.first, UInt8(ascii: "A")...UInt8(ascii: "Z") ~= first,
                index == 0 || file.tokens[index - 1].text != ".", !own.contains(token.text),
                let rooms = rooms[token.text], rooms.count == 1, let room = rooms.first
            else { continue }
            uses[room, default: []].insert(token.text)
        }
        return uses
    }
}
