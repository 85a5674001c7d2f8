import Foundation
import Testing

/// What leaves the simulation's determinism is banned from the sources, but for named places.
@Suite("Banned calls")
struct BannedCallTests {
    /// A banned text, why, and the files that may contain it.
    private struct Rule: Sendable {
        let name: String
        let matches: @Sendable (String) -> Bool
        var folders = ["Sources/"]
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
            folders: ["Sources/Simulator", "Sources/RunLog"],
            // Benchmarks; the writer's share of a run, which `bench log` reports; how often the disk is
            // waited for; how long a query may take.
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

    /// A line without any of these keeps to all rules.
    private static let words = ["Task", "Date", "Clock", "andom", "shuffle"]

    private static func contains(_ line: String, pattern: String) -> Bool {
        line.range(of: pattern, options: .regularExpression) != nil
    }

    @Test(
        "no banned call outside of the named files",
        arguments: ["Simulator", "RunLog", "Scenarios", "Results"])
    func bannedCalls(target: String) {
        for file in SourceFile.sources where file.target == target {
            for (number, line) in file.lines.enumerated() {
                let code = line.trimmingCharacters(in: .whitespaces)
                guard !code.hasPrefix("//"), Self.words.contains(where: code.contains) else { continue }
                let name = file.name
                for rule in Self.rules
                where rule.folders.contains(where: file.path.hasPrefix) && !rule.allowedFiles.contains(name) {
                    #expect(!rule.matches(code), "\(file.path):\(number + 1): \(rule.name)")
                }
            }
        }
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
        #expect(Self.rules.contains { $0.matches(line) } && Self.words.contains(where: line.contains))
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
    func onePlaceMakesTasks() {
        let file = SourceFile.sources.first { $0.path == "Sources/Simulator/Clock/Simulation.swift" }
        #expect(file?.lines.count { $0.contains("Task(") } == 1)
    }
}
