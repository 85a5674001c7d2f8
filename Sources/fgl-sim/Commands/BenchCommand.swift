import ArgumentParser
import Foundation
import Models
import RunLog
import Scenarios
import Simulator

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures the parts of a simulation on this machine.",
        discussion: """
            train trains ResNet-18, synthesis draws images, networks calls the UNet and the decoder of a \
            foundation model, and device compares what --device computes with the processor and, for the \
            folders of --fixtures, with diffusers; it ends with exit code 65 where a difference is too large.

            Examples:
              fgl-sim bench events
              fgl-sim bench train --json
              fgl-sim bench device --device cuda
            """)

    enum Subject: String, ExpressibleByArgument, CaseIterable {
        case events, network, train, synthesis, networks, device, log
    }

    @Argument(help: "What to measure.")
    var subject: Subject

    @Flag(help: "One JSON object a line.")
    var json = false

    @Option(help: "Images per step: 32 and 64 for train, 32 for synthesis, 1 for networks unless given.")
    var batch: Int?

    @Option(help: "For train: width and height of the images; 32 unless given.")
    var side: Int?

    @Option(help: "For train, synthesis and networks: fp32, bf16 or, on a GPU and not for train, fp16.")
    var precision: SynthesisPrecision?

    @OptionGroup
    var deviceOption: DeviceOption

    @Option(help: "For synthesis: denoising steps instead of 10 and 20.")
    var steps: Int?

    @Option(help: "For train: threads, each with a network of its own, instead of one and one per processor.")
    var workers: Int?

    @Option(
        help: "For synthesis and networks: a foundation model's folder instead of the built-in one.",
        completion: .directory)
    var foundation: String?

    @Option(
        help: "For device: folders of checkpoints with an expected.safetensors.", completion: .directory)
    var fixtures: [String] = []

    @Option(
        name: .shortAndLong, help: "For networks: a safetensors file for what went in and came out.",
        completion: .file())
    var output: String?

    func validate() throws {
        let leastBatch = subject == .networks ? 1 : 2
        for (name, value, least) in [
            ("batch", batch, leastBatch), ("workers", workers, 1), ("steps", steps, 1),
            ("side", side, 8),
        ] {
            guard (least...1024).contains(value ?? least) else {
                throw ValidationError(
                    "--\(name) is \(value!); allowed are whole numbers from \(least) to 1024.")
            }
        }
        for (name, isGiven, subjects) in uses where isGiven && !subjects.contains(subject) {
            let names = subjects.map(\.rawValue).joined(separator: ", ")
            throw ValidationError(
                "--\(name) is not allowed with \(subject.rawValue); it goes with: \(names).")
        }
        try deviceOption.check(precision)
        if subject == .train, precision == .float16 {
            throw ValidationError("--precision is fp16; allowed for train are fp32, bf16.")
        }
    }

    private static let usualSide = 32

    /// Which options were given, and what measures by them.
    private var uses: [(name: String, isGiven: Bool, by: [Subject])] {
        [
            ("batch", batch != nil, [.train, .synthesis, .networks]), ("side", side != nil, [.train]),
            ("precision", precision != nil, [.train, .synthesis, .networks]),
            ("device", deviceOption.choice != .cpu, [.train, .synthesis, .networks, .device]),
            ("steps", steps != nil, [.synthesis]), ("workers", workers != nil, [.train]),
            ("foundation", foundation != nil, [.synthesis, .networks]),
            ("fixtures", !fixtures.isEmpty, [.device]), ("output", output != nil, [.networks]),
        ]
    }

    func run() throws {
        switch subject {
        case .events: try events()
        case .network: network()
        case .train: try train()
        case .synthesis: try synthesis()
        case .networks: try networks()
        case .device: try compareDevice()
        case .log: try log()
        }
    }

    private func events() throws {
        for processes in [100, 10_000, 100_000] {
            // The first run pays for page faults and cold caches; the median of three is told.
            let runs = try (0..<3).map { _ in try EventBenchmark.run(processes: processes, events: 1_000_000)
            }
            let rate = runs.map(\.eventsPerSecond).sorted()[1]
            report([("bench", "\"events\""), ("processes", "\(processes)"), ("events_per_s", "\(Int(rate))")])
        }
    }

    /// Transfers that compete for the server's link; `times_tenth`: the time over that of a tenth as many.
    private func network() {
        for links in NetworkBenchmark.Links.allCases {
            var tenth: Double?
            for transfers in [1_000, 10_000, 100_000] {
                let runs = (0..<5).map { _ in NetworkBenchmark.run(transfers: transfers, links: links) }
                let seconds = runs.map(\.processorSeconds).sorted()[2]
                var fields = [
                    ("bench", "\"network\""), ("links", "\"\(links.rawValue)\""),
                    ("transfers", "\(transfers)"),
                    ("transfers_per_s", "\(Int(Double(transfers) / seconds))"),
                    (
                        "heap_moves_per_transfer",
                        String(format: "%.1f", Double(runs[0].heapMoves) / Double(transfers))
                    ),
                ]
                if let tenth { fields.append(("times_tenth", String(format: "%.1f", seconds / tenth))) }
                tenth = seconds
                report(fields)
            }
        }
    }

    private func train() throws {
        try Torch.use(deviceOption.choice)
        let processors = ProcessInfo.processInfo.activeProcessorCount
        let precision = precision.flatMap { TrainingOptions.Precision(rawValue: $0.rawValue) }
        for precision in precision.map({ [$0] }) ?? TrainingOptions.Precision.allCases {
            for batch in batch.map({ [$0] }) ?? [32, 64] {
                for count in Set(workers.map { [$0] } ?? [1, processors]).sorted() {
                    let rate = try trainingRate(workers: count, batch: batch, precision: precision)
                    report(
                        [
                            ("bench", "\"train\""), ("side", "\(side ?? Self.usualSide)"),
                            ("batch", "\(batch)"),
                            ("workers", "\(count)"),
                            ("precision", "\"\(precision.rawValue)\""),
                            ("images_per_s", String(format: "%.1f", rate.wall)),
                            ("images_per_cpu_s", String(format: "%.1f", rate.processor)),
                        ] + deviceField)
                }
            }
        }
    }

    /// Images per second of all workers together, each training a network of its own; and per second of one's
    /// processor time.
    private func trainingRate(workers: Int, batch: Int, precision: TrainingOptions.Precision) throws
        -> (wall: Double, processor: Double)
    {
        let pool = WorkerThreads(workers: workers)
        defer { pool.close() }
        let side = side ?? Self.usualSide
        let tickets = (0..<workers).map { _ in
            pool.submit { try TrainingBenchmark.run(side: side, batch: batch, precision: precision) }
        }
        let results = try tickets.map { try $0.wait() }
        return (
            results.reduce(0) { $0 + $1.imagesPerSecond },
            results.reduce(0) { $0 + $1.imagesPerProcessorSecond } / Double(workers)
        )
    }

    private func synthesis() throws {
        let folder = foundation.map { URL(fileURLWithPath: $0, isDirectory: true) } ?? FoundationModel.builtin
        let precision = precision ?? .float32, batch = batch ?? 32
        try Torch.use(deviceOption.choice)
        let pool = WorkerThreads(workers: 1)
        defer { pool.close() }
        for steps in steps.map({ [$0] }) ?? [10, 20] {
            let rate = try pool.submit {
                try SynthesisBenchmark.run(
                    folder: folder, steps: steps, batch: batch, precision: precision)
            }.wait()
            report(
                [
                    ("bench", "\"synthesis\""), ("steps", "\(steps)"), ("batch", "\(batch)"),
                    ("threads", "1"),
                    ("images_per_s", String(format: "%.2f", rate.imagesPerSecond)),
                    ("images_per_cpu_s", String(format: "%.2f", rate.imagesPerProcessorSecond)),
                ] + precisionField + deviceField)
        }
    }

    /// Where it was not the processor.
    private var deviceField: [(name: String, value: String)] {
        deviceOption.choice == .cpu ? [] : [("device", "\"\(deviceOption.device)\"")]
    }

    /// Where one was asked for.
    private var precisionField: [(name: String, value: String)] {
        precision.map { [("precision", "\"\($0.rawValue)\"")] } ?? []
    }

    private func networks() throws {
        let folder = foundation.map { URL(fileURLWithPath: $0, isDirectory: true) } ?? FoundationModel.builtin
        let batch = batch ?? 1, output = output
        if let output { try OutputFile.prepare(output) }
        let precision = precision ?? .float32
        try Torch.use(deviceOption.choice)
        Torch.prepareThread(threads: ProcessInfo.processInfo.activeProcessorCount)
        let (times, values) = try NetworkBenchmark.run(folder: folder, batch: batch, precision: precision)
        if let output { try OutputFile.write(values.encoded(), to: output) }
        report(
            [
                ("bench", "\"networks\""), ("batch", "\(batch)"), ("precision", "\"\(precision.rawValue)\""),
                ("unet_s", String(format: "%.5f", times.unetSeconds)),
                ("decoder_s", String(format: "%.5f", times.decoderSeconds)),
            ] + deviceField)
    }

    /// What the device computes beside the processor.
    private func compareDevice() throws {
        try Torch.use(deviceOption.choice)
        Torch.prepareThread()
        let folders = fixtures.map { URL(fileURLWithPath: $0, isDirectory: true) }
        let checks = try DeviceCheck.all(folders: folders)
        for check in checks {
            report([
                ("check", "\"\(check.name)\""), ("difference", String(format: "%.2e", check.difference)),
                ("tolerance", String(format: "%.0e", check.tolerance)),
                ("right", check.isRight ? "true" : "false"),
            ])
        }
        guard checks.allSatisfy(\.isRight) else { throw ExitCode(ExitStatus.badInput) }
    }

    private func log() throws {
        let interrupts = InterruptHandler.clearingScratchFolders()
        defer { interrupts.stop() }
        let result = try LogBenchmark.measure(rows: 2_000_000)
        let share = try LogShare.measure()
        report([
            ("bench", "\"log\""), ("rows_per_s", "\(Int(result.rowsPerSecond))"),
            ("bytes_per_event", String(format: "%.1f", result.bytesPerEvent)),
            ("share_of_timing_only_run", String(format: "%.3f", share.ofTimingOnlyRun)),
            ("share_of_training_run", String(format: "%.4f", share.ofTrainingRun)),
        ])
    }

    /// Prints a measurement, as JSON or as words.
    private func report(_ fields: [(name: String, value: String)]) {
        let text =
            json
            ? "{" + fields.map { "\"\($0.name)\":\($0.value)" }.joined(separator: ",") + "}"
            : fields.map { "\($0.name) \($0.value.replacing("\"", with: ""))" }.joined(separator: "  ")
        Terminal.standardOutput.write(text + "\n")
    }
}
