/// What a client uploads for some of its images instead of the images: a text and the label it stands for.
public struct Prompt: Sendable, Hashable, Codable {
    /// The class index that images of this prompt are labelled with.
    public let label: Int
    /// The text that conditions the diffusion model.
    public let text: String
    /// How many images the text describes: its weight among the prompts of its label.
    public let count: Int

    /// Pairs a text with its label.
    ///
    /// - Precondition: `count` is positive.
    public init(label: Int, text: String, count: Int = 1) {
        precondition(count > 0, "a prompt for \(count) images")
        self.label = label
        self.text = text
        self.count = count
    }

    private enum CodingKeys: String, CodingKey { case label, text, count }
}

/// The wire format of prompts: UTF-8, a line per prompt, label and text separated by a tab; a prompt for
/// several images has their number behind its label: `3*12<TAB>A photo of a red heart on a plain background`.
public enum PromptCodec {
    /// The bytes that a client uploads.
    ///
    /// - Precondition: no text holds a line break, which would start another prompt.
    public static func encode(_ prompts: [Prompt]) -> [UInt8] {
        var text = ""
        for prompt in prompts {
            precondition(
                !prompt.text.contains(where: \.isNewline), "a prompt of several lines: \(prompt.text)")
            let count = prompt.count == 1 ? "" : "*\(prompt.count)"
            text += "\(prompt.label)\(count)\t\(prompt.text)\n"
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
            let numbers = parts[0].split(separator: "*", maxSplits: 1, omittingEmptySubsequences: false)
            let count = numbers.count == 2 ? Int(numbers[1]) : 1
            guard parts.count == 2, let label = Int(numbers[0]), label >= 0, let count, count > 0 else {
                throw FederationError.malformedPrompts(line: String(line.prefix(60)))
            }
            return Prompt(label: label, text: String(parts[1]), count: count)
        }
    }
}
