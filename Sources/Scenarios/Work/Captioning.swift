import Models
import RunLog

/// Captions a client's images, each under its own label; images of one label and caption count as one prompt.
package struct Captioning: Work {
    package typealias Output = [Prompt]
    package static let activity = WorkKind.caption
    package static let nature = WorkNature.generation
    package static let isShared = true

    /// The hash of the captioner.
    let captioner: String
    let images: ImageSelection
    let templates: PromptTemplates

    private enum CodingKeys: String, CodingKey { case captioner, images, templates }

    package init(by captioner: String, of images: ImageSelection, templates: PromptTemplates) {
        self.captioner = captioner
        self.images = images
        self.templates = templates
    }

    package func cost(_ facts: WorkFacts) -> Double {
        facts.captioner(captioner).operationsPerImage * Double(images.count)
    }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<[Prompt]> {
        let set = try environment.images(images.set)
        let indices = images.places(in: set)
        let captions = try environment.captioner(captioner).captions(
            of: indices, in: set, isCancelled: environment.isCancelled)
        var counts: [InstancePrompt: Int] = [:]
        for (image, caption) in zip(indices, captions) {
            let label = Int(set.labels[image])
            let prompt = InstancePrompt(
                caption: caption, label: label, className: set.classNames[label],
                template: templates.text(forDomain: set.domainNames[Int(set.domains[image])]))
            counts[prompt, default: 0] += 1
        }
        let prompts = counts.sorted { ($0.key.label, $0.key.text) < ($1.key.label, $1.key.text) }
            .map { Prompt(label: $0.key.label, text: $0.key.text, count: $0.value) }
        return WorkOutcome(output: prompts, sha256: WorkKey.hash(of: PromptCodec.encode(prompts)))
    }
}

/// The texts of class-level prompts; `{class}` stands for the name of the class.
package struct PromptTemplates: Codable, Sendable, Hashable {
    /// The text of a domain.
    private struct Entry: Codable, Hashable {
        let domain: String
        let text: String

        enum CodingKeys: String, CodingKey { case domain, text }
    }

    /// The text for all domains that have none of their own.
    private let text: String
    private let domains: [Entry]?

    private enum CodingKeys: String, CodingKey { case text, domains }

    package init(_ settings: Scenario.Synthesis) {
        text = settings.template
        domains = settings.templates?.map { Entry(domain: $0.domain, text: $0.text) }
    }

    /// The text for images of a domain.
    func text(forDomain domain: String) -> String { domains?.first { $0.domain == domain }?.text ?? text }
}
