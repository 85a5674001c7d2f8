import ArgumentParser
import Foundation
import Models
import Scenarios

struct CaptionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "caption",
        abstract: "Describes images in a sentence each.",
        discussion: """
            Prints a line per image: its path, a tab and the caption; the caption alone for a single image.

            Examples:
              fgl-sim caption photo.png
              fgl-sim caption photos/*.jpg --captioner ~/blip2-opt-2.7b
            """)

    @Argument(help: "PNG or JPEG files.", completion: .file(extensions: ["png", "jpg", "jpeg"]))
    var images: [String]

    @Option(help: "A folder with a BLIP or BLIP-2 instead of the built-in model.", completion: .directory)
    var captioner: String?

    @Option(help: "What each caption goes on from; it is not printed.")
    var prompt = ""

    @Option(
        help: """
            Continuations kept at a time; 1 takes the likeliest word each time. The checkpoint's own by \
            default.
            """
    )
    var beams: Int?

    @OptionGroup
    var deviceOption: DeviceOption

    @OptionGroup
    var words: StrictOption

    func validate() throws {
        if let beams, !(1...64).contains(beams) {
            throw ValidationError("--beams is \(beams); allowed are whole numbers from 1 to 64.")
        }
        guard images.count <= 100_000 else {
            throw ValidationError("\(images.count) images; allowed are at most 100000.")
        }
    }

    /// The built-in captioner calls whatever it sees by a class that it knows.
    private func noteLearntWords() {
        let known = LearntWords.captioner
        Terminal.standardError.write(
            "the built-in captioner knows these classes alone: \(known.classNames.joined(separator: ", "))\n")
    }

    func run() throws {
        try Torch.use(deviceOption.choice)
        if self.captioner == nil { try words.note(LearntWords.captioner.sentence(about: [prompt])) }
        Torch.prepareThread()
        let folder =
            captioner.map { URL(fileURLWithPath: UserPath.expanded($0), isDirectory: true) }
            ?? CaptionerModel.builtin
        let captioner = try Torch.recovering { try Captioners.open(folder) }
        Torch.prepareThread(threads: ProcessInfo.processInfo.activeProcessorCount)
        var options = captioner.defaultOptions
        if let beams { options.beams = beams }
        let codec = ImageCodec()
        // A batch at a time, so that memory does not grow with the number of images.
        for start in stride(from: 0, to: images.count, by: options.batch) {
            let batch = Array(images[start..<min(start + options.batch, images.count)])
            let captions = try captioner.caption(
                batch.map { try codec.decode(uprightFileAt: $0) }, prompt: prompt, options: options
            ) { _ in }
            for (image, caption) in zip(batch, captions) {
                Terminal.standardOutput.write(images.count > 1 ? "\(image)\t\(caption)\n" : "\(caption)\n")
            }
        }
        if self.captioner == nil { noteLearntWords() }
    }
}
