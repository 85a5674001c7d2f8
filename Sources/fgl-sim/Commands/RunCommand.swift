import ArgumentParser
import Foundation
import Scenarios

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs a scenario: all its methods, one run each, into one SQLite file.",
        usage: "fgl-sim run <scenario> [<options>]",
        discussion: """
            Examples:
              fgl-sim run scenarios/quickstart.yaml
              fgl-sim run scenarios/quickstart.yaml --set 'methods=[fedavg]' --seeds 1..3
            """)

    @Argument(help: "The scenario file.", completion: .file(extensions: ["yaml", "yml"]))
    var scenario: String

    @Option(
        name: .shortAndLong,
        help: "The SQLite file; runs are added to one that exists. Default: results/<name>.sqlite.")
    var output: String?

    @Option(
        name: .customLong("set"), help: "Overrides a key of the scenario, any YAML value; empty removes it.")
    var overrides: [String] = []

    @Option(help: "The seed, instead of the scenario's.")
    var seed: UInt64?

    @Option(help: "Several seeds, a run of each method for each: 1..3.", transform: SeedRange.init(text:))
    var seeds: SeedRange?

    @OptionGroup
    var workers: WorkerOptions

    @OptionGroup
    var engineOptions: EngineOptions

    @OptionGroup
    var cacheOptions: CacheOptions

    @OptionGroup
    var models: ModelOption

    @OptionGroup
    var words: StrictOption

    @Flag(help: "No progress on stderr.")
    var quiet = false

    func validate() throws {
        if seed != nil, seeds != nil { throw ValidationError("--seed and --seeds exclude each other.") }
        if let seed, seed > Scenario.highestSeed {
            throw ValidationError(
                "--seed is \(seed); allowed are whole numbers from 0 to \(Scenario.highestSeed).")
        }
    }

    func run() throws {
        let scenario = try Scenario.load(
            path: scenario, overrides: overrides)
        let seedCount = seeds?.values.count ?? 1
        let runsPerSeed = scenario.runCount
        let runs = runsPerSeed * seedCount
        guard runs <= Scenario.runLimit else {
            throw ValidationError(
                "\(runs) runs, \(runsPerSeed) for each of \(seedCount) seeds; allowed are at most "
                    + "\(Scenario.runLimit) in one experiment.")
        }
        let path = output ?? "results/\(scenario.name).sqlite"
        let board = ProgressBoard(isQuiet: quiet)
        let experiment = Experiment(
            scenario, seeds: seeds?.values ?? seed.map { [$0] } ?? [], output: path,
            jobs: workers.count,
            engine: try engineOptions.settings(notice: board.say),
            build: BuildDescription.text, cache: try cacheOptions.cache(),
            models: models.keeping, isStrict: words.strict)
        board.expect(experiment.runs)
        for notice in scenario.notices { board.say(notice) }
        board.announce(scenario.name, experiment.runs, output: path)
        try ExperimentTerminal.make(experiment, on: board, paces: cacheOptions.paces, quiet: quiet)
    }
}

/// `A..B`, both included.
struct SeedRange {
    let values: [UInt64]

    /// - Throws: `ValidationError` with the form that is probably meant.
    init(text: String) throws {
        let bounds = text.components(separatedBy: "..")
        guard bounds.count == 2, let first = UInt64(bounds[0]), let last = UInt64(bounds[1]), first <= last,
            last - first < 10_000, last <= Scenario.highestSeed
        else {
            let meant = Self.meant(by: text).map { "did you mean \($0)? " } ?? ""
            throw ValidationError(
                "\(meant)allowed: two whole numbers, FIRST..LAST, up to \(Scenario.highestSeed), at most "
                    + "10000 seeds")
        }
        values = Array(first...last)
    }

    /// `1..3` for `1-3`, `1:3`, `1,2,3` or `3-1`; `1..1` for a single seed.
    private static func meant(by text: String) -> String? {
        let numbers = text.split { !$0.isNumber }.compactMap { UInt64($0) }
        guard let least = numbers.min(), let most = numbers.max(), most - least < 10_000,
            most <= Scenario.highestSeed
        else { return nil }
        return "\(least)..\(most)"
    }
}
