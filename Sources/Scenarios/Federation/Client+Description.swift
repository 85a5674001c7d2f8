import Models
import Simulator

// What a client tells of its images: algorithm 1 of https://arxiv.org/abs/2306.16064, lines of the clients.

extension Client {
    /// Describes the private images as the scenario's `synthesis.prompts` says: by a prompt per class that it
    /// holds, by captions of the images, by embeddings of the class prompts, or by words learnt from the images.
    ///
    /// Takes the time of its device for looking at labels (an operation an image), for captioning, for encoding, or
    /// for learning.
    public func describeImages() async throws -> ImageDescription {
        switch context.scenario.synthesis.prompts {
        case .classLevel:
            let prompts = try await classPrompts()
            log(prompts)
            return .prompts(prompts)
        case .instanceLevel:
            let prompts = try await captions()
            log(prompts)
            return .prompts(prompts)
        case .embeddings:
            return try await embeddings(of: classPrompts())
        case .tailored:
            return .words(try await tailoredWords(), context.scenario.synthesis.embeddingPrecision)
        }
    }

    /// A prompt per class and domain that it holds, "A photo of a {class name}".
    private func classPrompts() async throws -> [Prompt] {
        let prompts = context.classPrompts(of: images)
        let encoded = PromptCodec.encode(prompts)
        let order = WorkOrder(
            kind: "describe", round: context.round, client: id,
            key: WorkKey("describe", ["prompts": String(decoding: encoded, as: UTF8.self)]),
            flops: Double(images.count))
        return try await context.perform(order, on: device, standIn: prompts) {
            WorkOutcome(output: prompts, sha256: WorkKey.hash(of: encoded))
        }.output
    }

    /// A caption of each image under its own label; images of one label and caption count as one prompt.
    private func captions() async throws -> [Prompt] {
        let captioner = context.machinery.models.captioner(of: context.scenario)
        let order = WorkOrder(
            kind: "caption", round: context.round, client: id,
            key: WorkKey(
                "caption",
                [
                    "captioner": captioner.sha256, "images": "\(context.data.trainSHA256) \(images)",
                    "template": context.scenario.synthesis.templateKey,
                ]),
            flops: captioner.operationsPerImage * Double(images.count), isShared: true)
        let data = context.data, images = images, pool = context.machinery.pool
        let settings = context.scenario.synthesis
        return try await context.perform(order, on: device) {
            let set = try data.images().train
            let captions = try captioner.captions(of: images, in: set) { pool.isCancelled }
            var counts: [InstancePrompt: Int] = [:]
            for (image, caption) in zip(images, captions) {
                let label = Int(set.labels[image])
                let prompt = InstancePrompt(
                    caption: caption, label: label, className: set.classNames[label],
                    template: settings.template(forDomain: set.domainNames[Int(set.domains[image])]))
                counts[prompt, default: 0] += 1
            }
            let prompts = counts.sorted { ($0.key.label, $0.key.text) < ($1.key.label, $1.key.text) }
                .map { Prompt(label: $0.key.label, text: $0.key.text, count: $0.value) }
            return WorkOutcome(output: prompts, sha256: WorkKey.hash(of: PromptCodec.encode(prompts)))
        }.output
    }

    /// The states that its text encoder, the foundation model's, gives for `prompts`, rounded as they will travel.
    private func embeddings(of prompts: [Prompt]) async throws -> ImageDescription {
        let foundation = context.machinery.models.foundation(of: context.scenario)
        let precision = context.scenario.synthesis.embeddingPrecision
        let order = WorkOrder(
            kind: "encode", round: context.round, client: id,
            key: WorkKey(
                "encode",
                [
                    "foundation": foundation.sha256, "precision": precision.rawValue,
                    "prompts": String(decoding: PromptCodec.encode(prompts), as: UTF8.self),
                ]),
            flops: foundation.operationsPerPrompt * Double(prompts.count), isShared: true)
        let encoded = try await context.perform(order, on: device) {
            let states = try foundation.states(of: prompts.map(\.text))
            let bytes = PromptEmbeddingCodec.encode(
                zip(prompts, states).map { PromptEmbedding(label: $0.label, states: $1) }, as: precision)
            return WorkOutcome(output: EncodedPrompts(bytes: bytes), sha256: WorkKey.hash(of: bytes))
        }.output
        let embeddings = try PromptEmbeddingCodec.decode(encoded.bytes)
        for (prompt, embedding) in zip(prompts, embeddings) {
            context.recorder.prompt(
                client: id, label: prompt.label, text: prompt.text,
                bytes: (embedding.states.values.count + embedding.states.pooled.count) * precision.byteCount)
        }
        return .embeddings(embeddings, precision)
    }

    private func log(_ prompts: [Prompt]) {
        for prompt in prompts { context.recorder.prompt(client: id, label: prompt.label, text: prompt.text) }
    }
}

extension RunContext {
    /// The class-level prompts of images: the template of each domain with the name of each class.
    fileprivate func classPrompts(of images: [Int]) -> [Prompt] {
        let facts = data.train, settings = scenario.synthesis
        let kinds = Set(
            images.map { SIMD2(facts.labels[$0], settings.templates == nil ? 0 : facts.domains[$0]) })
        let prompts = kinds.map { kind in
            let template = settings.template(forDomain: facts.domainNames[Int(kind[1])])
            let label = Int(kind[0])
            return Prompt(label: label, text: template.replacing("{class}", with: facts.classNames[label]))
        }
        // Two domains may have one template.
        return Set(prompts).sorted { ($0.label, $0.text) < ($1.label, $1.text) }
    }
}
