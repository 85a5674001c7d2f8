/// The names of types that files declare, and where.
struct Declarations {
    /// Each name of a type that is not nested, with the rooms that declare it.
    let rooms: [String: Set<String>]

    init(_ files: [SourceFile]) {
        var rooms: [String: Set<String>] = [:]
        for file in files {
            for name in Self.names(in: file.code) { rooms[name, default: []].insert(file.room) }
        }
        self.rooms = rooms
    }

    /// The types that are declared at the left margin and may be used by other files.
    static func names(in code: String) -> [String] {
        code.matches(
            of: /(?m)^(?:@\w+(?:\([^)]*\))?\s+)*((?:\w+ )*)(?:struct|class|enum|actor|protocol|typealias) (\w+)/
        ).compactMap { match in
            match.1.contains("private") ? nil : String(match.2)
        }
    }

    /// The rooms whose types a file uses, each with the names, but for its own room.
    ///
    /// A name that several rooms declare, such as one of another target, counts only where one of them is
    /// certain; names of nested types are found by the types around them.
    func uses(of file: SourceFile) -> [String: Set<String>] {
        let own = Set(
            file.code.matches(of: /\b(?:struct|class|enum|actor|protocol|typealias|associatedtype) (\w+)/)
                .map { String($0.1) })
        var uses: [String: Set<String>] = [:]
        for match in file.code.matches(of: /(?:^|[^.\w])([A-Z]\w*)/) {
            let name = String(match.1)
            guard !own.contains(name), let rooms = rooms[name], !rooms.contains(file.room) else { continue }
            guard rooms.count == 1, let room = rooms.first else { continue }
            uses[room, default: []].insert(name)
        }
        return uses
    }
}
