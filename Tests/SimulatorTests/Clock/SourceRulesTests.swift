import Foundation
import Testing

/// What leaves the simulation's determinism is banned from the sources, but for named places.
@Suite("Rules of the sources of Simulator and Scenarios")
struct SourceRulesTests {
    /// A banned text, why, and the files that may contain it.
    private struct Rule: Sendable {
        let name: String
        let matches: @Sendable (String) -> Bool
        var folder = "Sources/"
        var allowedFiles: Set<String> = []
    }

    private static let rules = [
        Rule(
            name: "unstructured tasks leave the simulation's executor",
            matches: { contains($0, pattern: #"\bTask(<[^>]*>)?\s*(\{|\()"#) },
            allowedFiles: ["Simulation.swift"]),
        Rule(
            name: "detached tasks leave the simulation's executor",
            matches: { $0.contains("Task.detached") }),
        Rule(name: "Task.sleep waits by the wall clock", matches: { $0.contains("Task.sleep") }),
        Rule(
            name: "the date is not a function of the seed",
            matches: { contains($0, pattern: #"\bDate(\(\)|\.now)"#) }),
        Rule(
            name: "the real clock is not a function of the seed",
            matches: { contains($0, pattern: #"\b(ContinuousClock|SuspendingClock)\b"#) },
            folder: "Sources/Simulator",
            // Benchmarks; the writer's share of a run, which `bench log` reports; how often the disk is waited for; how
            // long a query may take.
            allowedFiles: [
                "BatchWriter.swift", "EventBenchmark.swift", "LogBenchmark.swift", "NetworkBenchmark.swift",
                "QueryDeadline.swift", "RunLog.swift",
            ]),
        Rule(
            name: "draws take their generator as an argument",
            matches: {
                contains($0, pattern: #"\.(random\(|shuffled\(\)|shuffle\(\)|randomElement\(\))"#)
                    && !$0.contains("using:")
            }),
        Rule(
            name: "the system's generator has no seed",
            matches: { $0.contains("SystemRandomNumberGenerator") }),
    ]

    private static func contains(_ line: String, pattern: String) -> Bool {
        line.range(of: pattern, options: .regularExpression) != nil
    }

    private static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The Swift files under a folder of the package, sorted.
    private static func files(under folder: String) -> [URL] {
        let names =
            FileManager.default.enumerator(atPath: root.appendingPathComponent(folder).path)?
            .compactMap { $0 as? String } ?? []
        return names.filter { $0.hasSuffix(".swift") }.sorted()
            .map { root.appendingPathComponent("\(folder)/\($0)") }
    }

    @Test("no banned call outside of the named files", arguments: ["Sources/Simulator", "Sources/Scenarios"])
    func bannedCalls(folder: String) throws {
        for file in Self.files(under: folder) {
            let lines = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
            for (number, line) in lines.enumerated() {
                let code = line.trimmingCharacters(in: .whitespaces)
                guard !code.hasPrefix("//") else { continue }
                for rule in Self.rules
                where folder.hasPrefix(rule.folder) && !rule.allowedFiles.contains(file.lastPathComponent) {
                    #expect(!rule.matches(code), "\(file.path):\(number + 1): \(rule.name)")
                }
            }
        }
    }

    @Test("the simulator's sources are found: the scan does not pass by being empty")
    func filesAreFound() {
        let names = Self.files(under: "Sources/Simulator").map(\.lastPathComponent)
        #expect(names.contains("Simulation.swift"))
        #expect(names.contains("FluidStar.swift"))
        #expect(names.contains("EventBenchmark.swift"))
    }

    @Test(
        "the rules find what they ban",
        arguments: [
            "Task { await f() }", "Task<Void, Error> {", "Task(priority: .high) {", "Task.detached {",
            "try await Task.sleep(for: .seconds(1))", "let t = Date()", "Date.now", "ContinuousClock().now",
            "Int.random(in: 0..<3)", "x.shuffled()", "x.randomElement()",
            "var g = SystemRandomNumberGenerator()",
        ])
    func rulesMatch(line: String) {
        #expect(Self.rules.contains { $0.matches(line) })
    }

    @Test(
        "the rules let through what they do not ban",
        arguments: [
            "Int.random(in: 0..<3, using: &stream)", "x.shuffled(using: &stream)", "LocalTask {", "taskCount",
            "let update: Update", "TaskExecutor", "withTaskGroup",
        ])
    func rulesLetThrough(line: String) {
        #expect(!Self.rules.contains { $0.matches(line) })
    }

    @Test("one place makes tasks, in one line")
    func onePlaceMakesTasks() throws {
        let file = Self.root.appendingPathComponent("Sources/Simulator/Clock/Simulation.swift")
        let lines = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
        #expect(lines.count { $0.contains("Task(") } == 1)
    }

    @Test("lines are at most 110 columns")
    func lineLength() throws {
        for file in Self.files(under: "Sources/Simulator") {
            let lines = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
            for (number, line) in lines.enumerated() {
                #expect(line.count <= 110, "\(file.path):\(number + 1) has \(line.count) columns")
            }
        }
    }
}
