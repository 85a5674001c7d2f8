import ArgumentParser
import Foundation
import Models
import Scenarios

struct SynthesizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "synthesize",
        abstract: "Draws images from prompts on one contact sheet.",
        discussion: """
            Several prompts have a row each.

            Examples:
              fgl-sim synthesize "A photo of a star" --count 16 --output sheet.png
              fgl-sim synthesize "A photo of a mug" "A sketch of a mug" --count 8 --output mugs.png
            """)

    @Argument(help: "What to draw.")
    var prompts: [String]

    @Option(help: "How many images of each prompt.")
    var count = 16

    @Option(help: "A folder in diffusers' layout instead of the built-in model.", completion: .directory)
    var foundation: String?

    @Option(help: "The first image's seed; the others count on from it.")
    var seed: UInt64 = 1

    @Option(help: "What to lead away from.")
    var negative = ""

    @Option(help: "Denoising steps.")
    var steps = 20

    @Option(help: "Scale of classifier-free guidance.")
    var guidance = 2.5

    @Option(help: "ddim, euler, dpm-solver or pndm; the checkpoint's own by default.")
    var scheduler: String?

    @Option(name: .shortAndLong, help: "The PNG file.", completion: .file(extensions: ["png"]))
    var output: String

    func validate() throws {
        for (name, value, limit) in [("count", count, 10_000), ("steps", steps, 1000)] {
            guard (1...limit).contains(value) else {
                throw ValidationError("--\(name) is \(value); allowed are whole numbers from 1 to \(limit).")
            }
        }
        guard prompts.count <= 1000 else {
            throw ValidationError("\(prompts.count) prompts; allowed are at most 1000.")
        }
        guard guidance >= 0, guidance <= 100 else {
            throw ValidationError("--guidance is \(guidance); allowed is a number from 0 to 100.")
        }
        if let scheduler, !Samplers.names.contains(scheduler) {
            let allowed = Samplers.names.joined(separator: ", ")
            throw ValidationError("--scheduler is \(scheduler); allowed are \(allowed).")
        }
    }

    func run() throws {
        Torch.prepareThread(threads: ProcessInfo.processInfo.activeProcessorCount)
        let folder = foundation.map { URL(fileURLWithPath: $0, isDirectory: true) } ?? FoundationModel.builtin
        let pipeline = try TextToImagePipeline(folder: folder)
        let options = SamplingOptions(
            steps: steps, guidance: guidance, negativePrompt: negative, sampler: scheduler)
        let total = prompts.count * count
        let pixels = try pipeline.images(
            prompts: prompts.flatMap { Array(repeating: $0, count: count) },
            seeds: (0..<total).map { seed &+ UInt64($0 % count) }, options: options
        ) { done in
            if Terminal.standardError.isInteractive {
                Terminal.standardError.write("\r\(done)/\(total) images")
            }
        }
        if Terminal.standardError.isInteractive { Terminal.standardError.write("\n") }
        let columns = prompts.count > 1 ? count : Int(Double(count).squareRoot().rounded(.up))
        let scale = max(1, 64 / pipeline.imageSide)
        let sheet = ContactSheet.image(
            pixels: pixels, side: pipeline.imageSide, columns: columns, scale: scale)
        try ImageCodec.writePNG(sheet, to: output)
        Terminal.standardOutput.write("\(output)\n")
    }
}
