/// What a client uploads for a class of its images instead of the images: a text and the label it stands for.
public struct Prompt: Sendable, Hashable {
    /// The class index that images of this prompt are labelled with.
    public let label: Int
    /// The text that conditions the diffusion model.
    public let text: String

    /// Pairs a text with its label.
    public init(label: Int, text: String) {
        self.label = label
        self.text = text
    }
}

/// The wire format of prompts: UTF-8, a line per prompt, label and text separated by a tab.
public enum PromptCodec {
    /// The bytes that a client uploads.
    ///
    /// - Precondition: no text holds a line break, which would start another prompt.
    public static func encode(_ prompts: [Prompt]) -> [UInt8] {
        var text = ""
        for prompt in prompts {
            precondition(
                !prompt.text.contains(where: \.isNewline), "a prompt of several lines: \(prompt.text)")
            text += "\(prompt.label)\t\(prompt.text)\n"
        }
        return Array(text.utf8)
    }

    /// The prompts in a message.
    ///
    /// - Throws: `FederationError.malformedPrompts` where the bytes are no such message.
    public static func decode(_ bytes: [UInt8]) throws -> [Prompt] {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw FederationError.malformedPrompts(line: "\(bytes.count) bytes that are not UTF-8")
        }
        return try text.split(separator: "\n").map { line in
            let parts = line.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let label = Int(parts[0]), label >= 0 else {
                throw FederationError.malformedPrompts(line: String(line.prefix(60)))
            }
            return Prompt(label: label, text: String(parts[1]))
        }
    }
}
