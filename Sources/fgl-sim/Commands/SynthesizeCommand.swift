import ArgumentParser
import Core
import Foundation
import Models
import RunLog
import Scenarios
import Simulator

struct SynthesizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "synthesize",
        abstract: "Draws images from prompts, or the synthetic set of a scenario.",
        discussion: """
            From prompts: one contact sheet (a PNG file; several prompts have a row each), or a folder with \
            train/<prompt>/ and test/<prompt>/, \
            every fifth image in test, which data.set: image-folder reads. \
            From a scenario: the images that fgl-one-shot would train on, in train/<class>/, with \
            manifest.json \
            (prompt, label, seed, hash of each); synthesis.set starts a scenario from such a folder.

            Examples:
              fgl-sim synthesize "A photo of a star" --count 16 --output sheet.png
              fgl-sim synthesize "A mug" "A sketch of a mug" --count 50 --output mugs
              fgl-sim synthesize "A sketch" --from mug.png --strength 0.6 --output b.png
              fgl-sim synthesize --scenario scenarios/quickstart.yaml --output results/set
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case sheet, folder
    }

    @Argument(help: "What to draw.")
    var prompts: [String] = []

    @Option(help: "Draws the synthetic set of a scenario instead.")
    var scenario: String?

    @Option(name: .customLong("set"), help: "With --scenario: an override, key.path=value.")
    var overrides: [String] = []

    @Option(help: "How many images of each prompt.")
    var count: Int?

    @Option(
        help: "A shipped model, as builtin-small, or a folder.",
        completion: .directory)
    var foundation: String?

    @Option(help: "A low-rank adapter (LoRA) to merge into it.", completion: .file())
    var lora: String?

    @Option(help: "The adapter's weight; 1 by default.")
    var loraScale: Double?

    @Option(help: "The first image's seed; the others count on from it.")
    var seed: UInt64?

    @Option(help: "What to lead away from.")
    var negative: String?

    @Option(help: "Denoising steps.")
    var steps: Int?

    @Option(help: "Scale of classifier-free guidance.")
    var guidance: Double?

    @Option(help: "A sampler, such as euler; else the model's own.")
    var scheduler: String?

    @Option(help: "An image to change: PNG or JPEG, then cropped.", completion: .file())
    var from: String?

    @Option(help: "How much --from is changed: above 0, at most 1.")
    var strength: Double?

    // As in `bench`, whose help has both; a screen is full.
    @Option(help: ArgumentHelp("fp32, bf16 or, on a GPU, fp16: the model's type.", visibility: .hidden))
    var precision: SynthesisPrecision?

    @OptionGroup(visibility: .hidden)
    var deviceOption: DeviceOption

    @Option(help: "Threads for --scenario; also --engine.")
    var jobs = ProcessInfo.processInfo.activeProcessorCount

    // As in `run`, whose help has them; a screen is full.
    @OptionGroup(visibility: .hidden)
    var engineOptions: EngineOptions

    @OptionGroup
    var cacheOptions: CacheOptions

    @OptionGroup
    var words: StrictOption

    @Option(help: "By the path unless given.")
    var format: Format?

    @Option(name: .shortAndLong, help: "The PNG file or the folder.", completion: .file(extensions: ["png"]))
    var output: String

    private var chosenFormat: Format {
        format ?? (scenario == nil && output.lowercased().hasSuffix(".png") ? .sheet : .folder)
    }

    func validate() throws {
        guard prompts.isEmpty != (scenario == nil) else {
            throw ValidationError("Give prompts or --scenario, and not both.")
        }
        if scenario != nil {
            let given: [(String, Bool)] = [
                ("count", count != nil), ("foundation", foundation != nil), ("seed", seed != nil),
                ("negative", negative != nil), ("steps", steps != nil), ("guidance", guidance != nil),
                ("scheduler", scheduler != nil), ("lora", lora != nil), ("lora-scale", loraScale != nil),
                ("from", from != nil), ("strength", strength != nil), ("precision", precision != nil),
                ("device", deviceOption.device != "cpu"),
            ]
            if let option = given.first(where: \.1)?.0 {
                throw ValidationError(
                    "--\(option) is not allowed with --scenario; the scenario says it, or --set "
                        + "key.path=value."
                )
            }
            guard chosenFormat == .folder else {
                throw ValidationError("--format sheet is not allowed with --scenario; allowed is folder.")
            }
        } else if engineOptions.engine != "local" {
            throw ValidationError("--engine is allowed with --scenario only.")
        } else if !overrides.isEmpty {
            throw ValidationError("--set is allowed with --scenario only.")
        }
        try deviceOption.check(precision)
        for (name, value, limit) in [("count", count, 10_000), ("steps", steps, 1000), ("jobs", jobs, 1024)] {
            guard (1...limit).contains(value ?? 1) else {
                throw ValidationError("--\(name) is \(value!); allowed are whole numbers from 1 to \(limit).")
            }
        }
        guard prompts.count <= 1000 else {
            throw ValidationError("\(prompts.count) prompts; allowed are at most 1000.")
        }
        if let guidance, !(0...100).contains(guidance) {
            throw ValidationError("--guidance is \(guidance); allowed is a number from 0 to 100.")
        }
        if loraScale != nil, lora == nil {
            throw ValidationError("--lora-scale is allowed with --lora only.")
        }
        if let loraScale, !(-10...10).contains(loraScale) {
            throw ValidationError("--lora-scale is \(loraScale); allowed is a number from -10 to 10.")
        }
        if let strength {
            guard from != nil else { throw ValidationError("--strength is allowed with --from only.") }
            guard strength > 0, strength <= 1 else {
                throw ValidationError("--strength is \(strength); allowed is a number above 0, at most 1.")
            }
        }
        if let scheduler, !Samplers.names.contains(scheduler) {
            let allowed = Samplers.names.joined(separator: ", ")
            throw ValidationError("--scheduler is \(scheduler); allowed are \(allowed).")
        }
    }

    func run() throws {
        // Before anything is drawn, which takes long.
        if chosenFormat == .sheet { try OutputFile.prepare(output) }
        if let scenario {
            try drawSet(of: scenario)
        } else {
            try drawPrompts()
        }
        Terminal.standardOutput.write("\(output)\n")
    }

    private func drawSet(of path: String) throws {
        let scenario = try Scenario.load(path: path, overrides: overrides)
        if let notice = scenario.leavesSweepOut { Terminal.standardError.write("\(notice)\n") }
        let interrupts = InterruptHandler.clearingScratchFolders()
        defer { interrupts.stop() }
        let counter = SynthesisCounter()
        let set = try SynthesisRun.images(
            of: scenario, jobs: jobs,
            engine: try engineOptions.settings { Terminal.standardError.write("\($0)\n") },
            cache: try cacheOptions.cache(), isStrict: words.strict,
            notice: { Terminal.standardError.write("\($0)\n") }, progress: counter)
        counter.bar.end()
        try SyntheticSetFolder.write(set.images, seeds: set.seeds, to: output)
    }

    private func drawPrompts() throws {
        if lora == nil,
            let quality = FoundationQuality(rawValue: foundation ?? FoundationQuality.base.rawValue)
        {
            try words.note(LearntWords(of: quality).sentence(about: prompts))
        }
        try Torch.use(deviceOption.choice)
        Torch.prepareThread()
        let adapter = lora.map { LoRAReference(path: UserPath.expanded($0), scale: loraScale ?? 1) }
        let pipeline = try Torch.recovering {
            try TextToImageModels.open(
                foundationFolder(), adapter: adapter, precision: precision ?? .float32)
        }
        for line in pipeline.notices { Terminal.standardError.write("\(TerminalText.line(line))\n") }
        Torch.prepareThread(threads: ProcessInfo.processInfo.activeProcessorCount)
        var options = SamplingOptions(
            steps: steps ?? 20, guidance: guidance ?? 2.5, negativePrompt: negative ?? "", sampler: scheduler)
        options.batch = min(options.batch, pipeline.usualBatch)
        let count = count ?? 16, total = prompts.count * count
        let texts = prompts.flatMap { Array(repeating: $0, count: count) }
        let seeds = (0..<total).map { (seed ?? 1) &+ UInt64($0 % count) }
        var bar = StepBar("drawing")
        let pixels = try pipeline.images(
            of: texts.map(ImageCondition.text), seeds: seeds, options: options,
            changing: try original(side: pipeline.imageSide, count: total), isCancelled: { false }
        ) { done in
            bar.show(done: done, of: total)
        }
        bar.end()
        switch chosenFormat {
        case .sheet:
            let columns = prompts.count > 1 ? count : Int(Double(count).squareRoot().rounded(.up))
            let scale = max(1, 64 / pipeline.imageSide)
            let sheet = ContactSheet.image(
                pixels: pixels, side: pipeline.imageSide, columns: columns, scale: scale)
            try OutputFile.write(ImageCodec.encodePNG(sheet), to: output)
        case .folder:
            let set = ImageSet(
                side: pipeline.imageSide, pixels: pixels,
                labels: (0..<total).map { Int32($0 / count) }, classNames: prompts, captions: texts)
            // A class of one image cannot stand in both splits.
            try SyntheticSetFolder.write(
                set, seeds: seeds, testEvery: count > 1 ? min(5, count) : nil, to: output)
        }
    }

    /// The image to change, once for each that is drawn.
    private func original(side: Int, count: Int) throws -> OriginalImages? {
        guard let from else { return nil }
        let image = try ImageCodec().decode(uprightFileAt: from)
        let pixels = Resize.planarSquare(image, side: side)
        return OriginalImages(
            pixels: (0..<count).flatMap { _ in pixels }, strength: strength ?? 0.6)
    }

    private func foundationFolder() throws -> URL {
        guard let foundation else { return FoundationModel.builtin }
        if let quality = FoundationQuality(rawValue: foundation) {
            return try FoundationModel.folder(of: quality)
        }
        return URL(fileURLWithPath: UserPath.expanded(foundation), isDirectory: true)
    }
}

/// Counts the pieces of work on stderr.
private final class SynthesisCounter: RunProgress, @unchecked Sendable {
    // @unchecked because the simulation's thread alone calls it.
    var bar = StepBar("synthesizing parts")

    func began(round: Int, at instant: SimInstant) {}
    func moved(bytes: Int, direction: TransferDirection, at instant: SimInstant) {}
    func measured(accuracy: Double, round: Int) {}
    func worked(kind: WorkKind, at instant: SimInstant) {}
    func ended(at instant: SimInstant) {}

    func advanced(kind: WorkKind, done: Int, of total: Int) {
        if kind == .synthesize { bar.show(done: done, of: total) }
    }
}
