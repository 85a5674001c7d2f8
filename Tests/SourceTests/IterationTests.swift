import Testing

/// A dictionary or a set iterates differently in each process, so nothing that reaches a result goes through one
/// in its own order.
@Suite("Iteration over dictionaries and sets")
struct IterationTests {
    /// Where the order cannot be seen in what comes of it, and why.
    private static let allowed: [String: String] = [:]

    /// Lines that go through a dictionary or a set that the same file declares, unless they sort it.
    private static func findings(in code: String) -> [(line: Int, text: String)] {
        let names = Set(
            code.matches(
                of: /\b(?:var|let) (\w+)(?:: *(?:\[[\w.<>?]+ *: [^\n=]+\]|Set<[^\n=]+>)|[^\n=]*= *(?:Set[<(]|Dictionary[<(]|\[:\]))/
            ).map { String($0.1) }
                + code.matches(of: /\b(\w+): (?:inout )?(?:\[[A-Z][\w.]*\??: [^,)\n]+\]|Set<[^>\n]+>)/)
                .map { String($0.1) })
        let lines = code.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.indices.compactMap { index in
            let line = String(lines[index]), next = index + 1 < lines.count ? String(lines[index + 1]) : ""
            guard !(line + next).contains("sorted"), iterates(line, over: names) else { return nil }
            return (index + 1, line.trimmingCharacters(in: .whitespaces))
        }
    }

    private static func iterates(_ line: String, over names: Set<String>) -> Bool {
        if let loop = line.firstMatch(of: /\bfor\b.*\bin (?:self\.)?(\w+)((?:\.\w+)*)(?: where .*)? *\{?$/) {
            if loop.2.hasSuffix(".keys") || loop.2.hasSuffix(".values") { return true }
            if loop.2.isEmpty, names.contains(String(loop.1)) { return true }
        }
        for use in line.matches(
            of: /(?:^|[^.\w])(\w+)(\.keys|\.values)?\.(?:map|flatMap|compactMap|forEach|reduce|first|joined|enumerated|prefix)\b/)
        where names.contains(String(use.1)) {
            return true
        }
        return false
    }

    @Test("Nothing goes through a dictionary or a set in its own order")
    func order() {
        for file in SourceFile.sources {
            for (number, text) in Self.findings(in: file.code) {
                let place = "\(file.path.split(separator: "/").last ?? ""): \(text)"
                #expect(Self.allowed[place] != nil, "\(place) (line \(number))")
            }
        }
    }
}
