import Testing

/// A dictionary or a set iterates differently in each process, so nothing that reaches a result goes through
/// one in its own order.
@Suite("Iteration over dictionaries and sets")
struct IterationTests {
    /// Files in which the order cannot be seen in what comes of it: how often, and why.
    private static let allowed: [String: (count: Int, reason: String)] = [
        "CaptionerConfigKeys.swift": (1, "a list of keys"),
        "Client+Description.swift": (1, "the prompts are sorted where they are returned"),
        "ForeignFile.swift": (1, "views are made, each by itself"),
        "HoldingFigures.swift": (1, "a maximum"),
        "ProgressBoard.swift": (1, "a sum of whole numbers"),
        "RegisteredClients.swift": (1, "clients forget, each by itself"),
        "Report.swift": (1, "the only element"),
        "SafetensorsHeader.swift": (1, "the ranges are sorted by who adds them up"),
        "TimelinePlan.swift": (1, "a maximum"),
    ]

    @Test("Nothing goes through a dictionary or a set in its own order")
    func order() {
        for file in SourceFile.sources {
            let lines = Iterations.lines(in: file.tokens)
            guard lines.count != Self.allowed[file.name]?.count ?? 0 else { continue }
            for line in lines { Issue.record("\(file.path):\(line): \(file.lines[line - 1])") }
        }
    }

    @Test(
        "The scanner finds what is in no order",
        arguments: [
            "var a: [String: Int] = [:]\nfor (k, v) in a { f(k) }", "let a = Set(b)\nreturn a.map { $0 }",
            "func f(a: [Int: Int]) { for k in a.keys { } }", "let a: Set<Int>\nlet b = a.first",
            "struct S { func f() { for x in self.a where true { } }\n var a = [Int: Int]() }",
        ])
    func finds(code: String) {
        #expect(Iterations.lines(in: Tokenizer.tokens(of: code)).count == 1)
    }

    @Test(
        "It lets through what is sorted, and arrays",
        arguments: [
            "var a: [String: Int] = [:]\nfor (k, v) in a.sorted(by: f) { }",
            "let a = Set(b)\nx = a.sorted().map { $0 }",
            "let a: [(b: Int, c: Int)] = []\nfor x in a { }", "var a = [1]\na.forEach { x in y }",
            "let a = Set(b)\nfunc f() { let a = [1]\nreturn a.map { $0 } }",
            "let text = \"for x in a.keys { }\" // for y in b.values { }",
        ])
    func letsThrough(code: String) {
        #expect(Iterations.lines(in: Tokenizer.tokens(of: code)).isEmpty)
    }
}
