import ArgumentParser
import Foundation
import Models

struct PretrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pretrain",
        abstract: "Trains a model of the built-in shape, from the image world or photos; or a captioner.",
        discussion: """
            Deterministic from the seed; the same command goes on from the last checkpoint in the folder. \
            The models \
            that ship are made by the defaults of their quality and copied from OUTPUT/model and \
            OUTPUT/captioner.

            Examples:
              fgl-sim pretrain --output /tmp/foundation
              fgl-sim pretrain --output /tmp/small --samples 64000 --corpus 20000
              fgl-sim pretrain --captioner --output /tmp/captioner
              fgl-sim pretrain --quality hundred --output /tmp/hundred
              fgl-sim pretrain --quality photos --corpus cifar10 --output /tmp/photos
            """)

    enum Quality: String, ExpressibleByArgument, CaseIterable {
        case small, base, large, hundred, photos

        var model: FoundationQuality {
            switch self {
            case .small: .small
            case .base: .base
            case .large: .large
            case .hundred: .hundred
            case .photos: .photos
            }
        }
    }

    /// What the denoiser is trained on.
    enum Corpus: ExpressibleByArgument {
        case world(images: Int)
        /// A folder called by a number is given with a slash.
        case photos(folder: String)

        init(argument: String) {
            self = Int(argument).map { .world(images: $0) } ?? .photos(folder: argument)
        }

        static var defaultCompletionKind: CompletionKind { .directory }
    }

    @Option(name: .shortAndLong, help: "The folder for checkpoint and model.", completion: .directory)
    var output: String

    @Flag(help: "Train the captioner instead of the foundation model.")
    var captioner = false

    @Option(
        help:
            """
            Size, budget and objects; hundred begins with the base model that ships, photos is for --corpus \
            FOLDER.
            """
    )
    var quality: Quality?

    @Option(
        help:
            """
            What the images show: names of class sets and of single objects, separated by commas (fgl-sim \
            world).
            """
    )
    var classes: String?

    @Option(help: "What of it is shown more often: each mention adds as many images again.")
    var emphasis: String?

    @Option(
        help: "The folder of a model of these sizes to begin with; its autoencoder is taken as it is.",
        completion: .directory)
    var from: String?

    @Option(help: "Where all randomness comes from.")
    var seed: UInt64?

    @Option(help: "Samples that the denoiser or the captioner is trained on.")
    var samples: Int?

    @Option(
        help:
            """
            How many different images of the world the denoiser is trained on, or a folder of photos, with a \
            folder for each class, to train on instead.
            """
    )
    var corpus: Corpus?

    @Flag(help: "Show each photo mirrored, too.")
    var mirrored = false

    @Option(help: "Images that the autoencoder is trained on.")
    var autoencoderSamples: Int?

    @Option(help: "Threads that share each batch; part of what decides on the bits.")
    var workers: Int?

    @Flag(help: "No progress on stderr.")
    var quiet = false

    func validate() throws {
        if let classes { _ = try WorldOptions.objects(named: classes, option: "classes") }
        if let emphasis { try WorldOptions.validate(repeatable: emphasis, option: "emphasis") }
        let batch = captioner ? CaptionerPlan().batch : PretrainingPlan().batch
        for (name, value, least) in [
            ("samples", samples, batch), ("corpus", worldImages, batch), ("workers", workers, 1),
            ("autoencoder-samples", autoencoderSamples, PretrainingPlan().autoencoderBatch),
        ] {
            if let value, value < least {
                throw ValidationError("--\(name) is \(value); allowed are whole numbers from \(least).")
            }
        }
        if let workers, batch % workers != 0 {
            throw ValidationError("--workers is \(workers); allowed are divisors of the batch of \(batch).")
        }
        try validatePhotos()
        if captioner,
            corpus != nil || autoencoderSamples != nil || quality != nil || emphasis != nil || from != nil
        {
            throw ValidationError(
                "--corpus, --autoencoder-samples, --quality, --emphasis and --from are for the foundation "
                    + "model, and "
                    + "not allowed with --captioner.")
        }
        if from != nil || model.start != nil, autoencoderSamples != nil {
            throw ValidationError(
                "--autoencoder-samples is not allowed where training begins with a model, whose autoencoder "
                    + "is taken as "
                    + "it is.")
        }
    }

    private func validatePhotos() throws {
        guard photoFolder != nil else {
            if quality == .photos { throw ValidationError("--quality photos needs --corpus FOLDER.") }
            guard mirrored else { return }
            throw ValidationError("--mirrored is for --corpus FOLDER, and not allowed without.")
        }
        if classes != nil || emphasis != nil || quality == .hundred {
            throw ValidationError(
                "--classes, --emphasis and --quality hundred are for images of the world, and not allowed "
                    + "with --corpus FOLDER, whose folders are the classes.")
        }
    }

    func run() throws {
        let folder = URL(fileURLWithPath: output, isDirectory: true)
        let isQuiet = quiet
        let progress: (PretrainingProgress) -> Void = { progress in
            guard !isQuiet else { return }
            Terminal.standardError.write(Self.line(progress) + "\n")
        }
        if captioner {
            try CaptionerPretraining.run(captionerPlan, in: folder, progress: progress)
            Terminal.standardOutput.write("\(output)/captioner\n")
        } else {
            let plan = foundationPlan
            let photos = try photoFolder.map { path in
                try PhotoCorpus(folder: path, isMirrored: mirrored, workers: plan.workers)
            }
            for notice in photos?.notices ?? [] { Terminal.standardError.write(notice + "\n") }
            try Pretraining.run(plan, in: folder, startingWith: start, on: photos, progress: progress)
            Terminal.standardOutput.write("\(output)/model\n")
        }
    }

    private var worldImages: Int? {
        if case .world(let images) = corpus { images } else { nil }
    }

    private var photoFolder: String? {
        if case .photos(let folder) = corpus { folder } else { nil }
    }

    private var captionerPlan: CaptionerPlan {
        var plan = CaptionerPlan()
        plan.seed = seed ?? plan.seed
        plan.classes = classes.map(WorldOptions.names) ?? plan.classes
        plan.samples = samples ?? plan.samples
        plan.workers = workers ?? plan.workers
        return plan
    }

    private var model: FoundationQuality { (quality ?? .base).model }

    /// The folder of the model to begin with; nil for random weights.
    private var start: URL? {
        get throws {
            if let from { return URL(fileURLWithPath: from, isDirectory: true) }
            return try model.start.map(FoundationModel.folder)
        }
    }

    private var foundationPlan: PretrainingPlan {
        var plan = PretrainingPlan(quality: model)
        plan.seed = seed ?? plan.seed
        plan.classes = classes.map(WorldOptions.names) ?? plan.classes
        plan.emphasis = emphasis.map(WorldOptions.names) ?? plan.emphasis
        plan.samples = samples ?? plan.samples
        plan.corpusImages = worldImages ?? plan.corpusImages
        plan.autoencoderSamples = autoencoderSamples ?? plan.autoencoderSamples
        plan.workers = workers ?? plan.workers
        return plan
    }

    private static func line(_ progress: PretrainingProgress) -> String {
        var text = progress.stage.rawValue.padding(toLength: 12, withPad: " ", startingAt: 0) + " "
        text += ProgressBar.text(done: progress.samples, of: progress.totalSamples, width: 40)
        if let loss = progress.loss { text += String(format: "  loss %.4f", loss) }
        text += String(
            format: "  %.0f images/s  %.0f s left", progress.samplesPerSecond, progress.secondsLeft)
        if let error = progress.heldOutError { text += String(format: "  held-out error %.5f", error) }
        if let agreement = progress.agreement {
            text += String(
                format: "  class %.1f %%  colour %.1f %%  background %.1f %%", 100 * agreement.classes,
                100 * agreement.colours, 100 * agreement.backgrounds)
        }
        return text
    }
}
