import Models
import Simulator

// What a client tells of its images: algorithm 1 of https://arxiv.org/abs/2306.16064, lines of the clients.

extension Client {
    /// Describes the private images as the scenario's `synthesis.prompts` says: by a prompt per class that it
    /// holds, by captions of the images, by embeddings of the class prompts, or by words learnt from the
    /// images.
    ///
    /// Takes the time of its device for looking at labels (an operation an image), for captioning, for
    /// encoding, or for learning.
    public func describeImages() async throws -> ImageDescription {
        switch context.scenario.synthesis.prompts {
        case .classLevel:
            let prompts = falsified(try await classPrompts())
            log(prompts)
            return .prompts(prompts)
        case .instanceLevel:
            let prompts = falsified(try await captions())
            log(prompts)
            return .prompts(prompts)
        case .embeddings:
            guard !images.isEmpty else { return .nothing }
            return try await embeddings(of: falsified(classPrompts()))
        case .tailored:
            guard !images.isEmpty else { return .nothing }
            return .words(try await tailoredWords(), context.scenario.synthesis.embeddingPrecision)
        }
    }

    /// A prompt per class and domain that it holds, "A photo of a {class name}".
    ///
    /// - Parameter areCounted: whether each says of how many images it is; otherwise all prompts of a label
    ///   weigh the same.
    func classPrompts(areCounted: Bool = false) async throws -> [Prompt] {
        let work = ClassDescription(
            context.classPrompts(of: images, areCounted: areCounted), images: images.count)
        return try await context.join(context.begin(work, client: id), on: device).output
    }

    /// A caption of each image under its own label; images of one label and caption count as one prompt.
    private func captions() async throws -> [Prompt] {
        let captioner = context.machinery.models.captioner(of: context.scenario)
        let work = Captioning(
            by: captioner.sha256, of: context.selection(selection),
            templates: PromptTemplates(context.scenario.synthesis))
        return try await context.perform(work, client: id, on: device).output
    }

    /// The states that its text encoder, the foundation model's, gives for `prompts`, rounded as they will
    /// travel.
    private func embeddings(of prompts: [Prompt]) async throws -> ImageDescription {
        let foundation = context.machinery.models.foundation(of: context.scenario)
        let precision = context.scenario.synthesis.embeddingPrecision
        let work = PromptEncoding(by: foundation.sha256, of: prompts, as: precision)
        let encoded = try await context.perform(work, client: id, on: device).output
        let embeddings = try PromptEmbeddingCodec.decode(encoded.bytes)
        for (prompt, embedding) in zip(prompts, embeddings) {
            context.recorder.prompt(
                client: id, label: prompt.label, text: prompt.text,
                bytes: (embedding.states.values.count + embedding.states.pooled.count) * precision.byteCount)
        }
        return .embeddings(embeddings, precision)
    }

    /// Notes what it sends.
    func log(_ prompts: [Prompt]) {
        for prompt in prompts { context.recorder.prompt(client: id, label: prompt.label, text: prompt.text) }
    }
}

extension RunContext {
    /// The class-level prompts of images: the template of each domain with the name of each class.
    fileprivate func classPrompts(of images: [Int], areCounted: Bool) -> [Prompt] {
        let facts = data.train, settings = scenario.synthesis
        // Text is made once for all images of a kind.
        var prompts: [PromptKind: Prompt] = [:]
        // Two domains may have one template.
        var counts: [Prompt: Int] = [:]
        for image in images {
            let domain = settings.templates == nil ? 0 : Int(facts.domains[image])
            let kind = PromptKind(label: Int(facts.labels[image]), domain: domain)
            let template = settings.template(forDomain: facts.domainNames[domain])
            let prompt =
                prompts[kind]
                ?? Prompt(
                    label: kind.label,
                    text: template.replacing("{class}", with: facts.classNames[kind.label]))
            prompts[kind] = prompt
            counts[prompt, default: 0] += 1
        }
        return counts.map { prompt, count in
            areCounted ? Prompt(label: prompt.label, text: prompt.text, count: count) : prompt
        }.sorted { ($0.label, $0.text) < ($1.label, $1.text) }
    }
}

/// What a class-level prompt depends on.
private struct PromptKind: Hashable {
    let label: Int
    let domain: Int
}
