import ArgumentParser
import Core
import Foundation
import Models

struct CheckpointCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint",
        abstract: "Says what a model on disk is, whether it loads, and what it takes.",
        discussion: """
            For a text-to-image model in diffusers' layout or a captioner in transformers': its class and \
            parts, the number of its weights, the memory for them, and the SHA-256 by which caches and logs \
            know it, so that two copies can be compared. What does not load is told part by part; the exit \
            code is 65 then.

            Examples:
              fgl-sim checkpoint /models/stable-diffusion-v1-5
              fgl-sim checkpoint /models/sdxl-turbo --measure --steps 1
              fgl-sim checkpoint /models/stable-diffusion-v1-5 --lora style.safetensors
            """)

    @Argument(help: "The model's folder.", completion: .directory)
    var folder: String

    @Flag(help: "Also draw or caption one image and say how long it takes on this machine.")
    var measure = false

    @Option(help: "With --measure: denoising steps of the image.")
    var steps: Int?

    @Option(help: "A low-rank adapter (LoRA) to merge into the model.", completion: .file())
    var lora: String?

    @OptionGroup
    var deviceOption: DeviceOption

    func validate() throws {
        guard (1...1000).contains(steps ?? 1) else {
            throw ValidationError("--steps is \(steps!); allowed are whole numbers from 1 to 1000.")
        }
        if steps != nil, !measure { throw ValidationError("--steps is allowed with --measure only.") }
    }

    func run() throws {
        try Torch.use(deviceOption.choice)
        Torch.prepareThread(threads: ProcessInfo.processInfo.activeProcessorCount)
        let adapter = lora.map { LoRAReference(path: $0) }
        let url = URL(fileURLWithPath: folder, isDirectory: true)
        let checkpoint = try CheckpointInspection(folder: url, adapter: adapter)
        if adapter != nil, checkpoint.kind == .captioner {
            throw ValidationError("--lora is allowed with text-to-image models only.")
        }
        for line in Self.lines(of: checkpoint) {
            Terminal.standardOutput.write("\(TerminalText.line(line, limit: 2000))\n")
        }
        guard checkpoint.problems.isEmpty else { throw ExitCode(ExitStatus.badInput) }
        guard measure else { return }
        switch checkpoint.kind {
        case .textToImage:
            let time = try checkpoint.measuredImage(steps: steps ?? 10, adapter: adapter)
            Terminal.standardOutput.write(
                "measured: \(Self.seconds(time.seconds)) an image with \(time.steps) "
                    + "\(time.steps == 1 ? "step" : "steps") at guidance 7.5\n")
        case .captioner:
            let time = try checkpoint.measuredCaption()
            Terminal.standardOutput.write("measured: \(Self.seconds(time.seconds)) an image\n")
        }
    }

    /// What is printed, line by line.
    static func lines(of checkpoint: CheckpointInspection) -> [String] {
        let loads = checkpoint.problems.isEmpty
        var lines = [
            "\(checkpoint.className), \(checkpoint.kind.rawValue): \(loads ? "loads" : "does not load")"
        ]
        let names = checkpoint.parts.map(\.name.count).max() ?? 0
        let classes = checkpoint.parts.map(\.className.count).max() ?? 0
        for part in checkpoint.parts {
            let weights = part.parameters.map { "\(Self.grouped($0)) weights, " } ?? ""
            lines.append(
                "  \(Self.padded(part.name, names))  \(Self.padded(part.className, classes))  "
                    + "\(weights)\(part.detail)"
            )
        }
        if let side = checkpoint.imageSide { lines.append("images: \(side) x \(side) pixels") }
        if checkpoint.parameters > 0 {
            let memory = [(32, "fp32"), (16, "bf16 or fp16")].map { bits, name in
                "\(Format.bytes(Format.whole(checkpoint.weightBytes(bits: bits)))) in \(name)"
            }
            lines.append(
                "weights: \(Self.grouped(checkpoint.parameters)); memory for them: "
                    + "\(memory.joined(separator: ", "))"
            )
        }
        if let sha256 = checkpoint.sha256 { lines.append("sha256: \(sha256)") }
        lines += checkpoint.notices.map { "note: \($0)" }
        lines += checkpoint.problems.map { "problem: \($0)" }
        return lines
    }

    /// With digits enough for tiny models.
    private static func seconds(_ seconds: Double) -> String {
        seconds < 1 ? String(format: "%.3f s", seconds) : Format.duration(seconds)
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// A whole number with its thousands apart; sizes that a file invents may be larger than any integer.
    private static func grouped(_ number: Double) -> String {
        Int(exactly: number).map { Format.grouped($0) } ?? "\(number)"
    }
}
