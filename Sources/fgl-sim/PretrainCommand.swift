import ArgumentParser
import Foundation
import Models

struct PretrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pretrain",
        abstract: "Trains the built-in foundation model from the image world alone.",
        discussion: """
            Deterministic from the seed; the same command goes on from the last checkpoint in the folder. The model \
            that ships is made by the defaults and copied from OUTPUT/model.

            Examples:
              fgl-sim pretrain --output /tmp/foundation
              fgl-sim pretrain --output /tmp/small --samples 64000 --corpus 20000
            """)

    @Option(name: .shortAndLong, help: "The folder for checkpoint and model.", completion: .directory)
    var output: String

    @Option(help: "Where all randomness comes from.")
    var seed: UInt64 = PretrainingPlan().seed

    @Option(help: "Samples that the denoiser is trained on.")
    var samples: Int = PretrainingPlan().samples

    @Option(help: "Different images among them.")
    var corpus: Int = PretrainingPlan().corpusImages

    @Option(help: "Images that the autoencoder is trained on.")
    var autoencoderSamples: Int = PretrainingPlan().autoencoderSamples

    @Option(help: "Threads that share each batch; part of what decides on the bits.")
    var workers: Int = PretrainingPlan().workers

    @Flag(help: "No progress on stderr.")
    var quiet = false

    func validate() throws {
        let batch = PretrainingPlan().batch
        for (name, value, least) in [
            ("samples", samples, batch), ("corpus", corpus, batch), ("workers", workers, 1),
            ("autoencoder-samples", autoencoderSamples, PretrainingPlan().autoencoderBatch),
        ] where value < least {
            throw ValidationError("--\(name) is \(value); allowed are whole numbers from \(least).")
        }
        guard batch % workers == 0 else {
            throw ValidationError("--workers is \(workers); allowed are divisors of the batch of \(batch).")
        }
    }

    func run() throws {
        var plan = PretrainingPlan()
        plan.seed = seed
        plan.samples = samples
        plan.corpusImages = corpus
        plan.autoencoderSamples = autoencoderSamples
        plan.workers = workers
        let isQuiet = quiet
        try Pretraining.run(plan, in: URL(fileURLWithPath: output, isDirectory: true)) { progress in
            guard !isQuiet else { return }
            Terminal.standardError.write(Self.line(progress) + "\n")
        }
        Terminal.standardOutput.write("\(output)/model\n")
    }

    private static func line(_ progress: PretrainingProgress) -> String {
        let share = 40 * progress.samples / max(1, progress.totalSamples)
        let bar = String(repeating: "#", count: share) + String(repeating: ".", count: 40 - share)
        var text = "\(progress.stage.rawValue.padding(toLength: 12, withPad: " ", startingAt: 0)) [\(bar)] "
        text += "\(progress.samples)/\(progress.totalSamples)"
        if let loss = progress.loss { text += String(format: "  loss %.4f", loss) }
        text += String(
            format: "  %.0f images/s  %.0f s left", progress.samplesPerSecond, progress.secondsLeft)
        if let error = progress.heldOutError { text += String(format: "  held-out error %.5f", error) }
        return text
    }
}
