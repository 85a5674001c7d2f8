import Foundation
import Models
import Testing

/// What clients teach a foundation model — adapters, descriptions, concepts — against PyTorch
/// (`Fixtures/adaptation.py`), and with the shipped models.
@Suite("Adaptation of foundation models", .serialized)
struct AdaptationTests {
    /// Checkpoints of which PyTorch's figures are known.
    static let cases: [(folder: String, file: String)] = {
        let own = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/adaptation").path
        return FoundationFixtures.folders.map { folder in
            (folder, "\(own)/\(URL(fileURLWithPath: folder).lastPathComponent).safetensors")
        }.filter { FileManager.default.fileExists(atPath: $0.1) }
    }()

    /// A checkpoint with the draws that PyTorch was given.
    private struct Reference {
        let expected: SafetensorsFile
        let unet: UNet2DConditionModel
        let objective: DiffusionObjective
        let states: Tensor

        init(_ index: Int) throws {
            Torch.prepareThread()
            let (folder, file) = AdaptationTests.cases[index]
            expected = try SafetensorsFile(path: file)
            unet = try FoundationFolder(path: folder).unet()
            objective = DiffusionObjective(try .read("\(folder)/scheduler/scheduler_config.json"))
            states = try expected.tensor(named: "states")
        }

        func number(_ name: String) throws -> Double {
            try #require(expected.metadata[name].flatMap(Double.init))
        }

        func loss(_ context: Tensor) throws -> Tensor {
            objective.loss(
                of: unet, latents: try expected.tensor(named: "latents"),
                noise: try expected.tensor(named: "noise"),
                timesteps: try expected.tensor(named: "timesteps").integers.map(Int.init), context: context)
        }

        /// Compares the first loss, or what came of three steps.
        func expect(_ found: Tensor, _ name: String, within: Double = 2e-5) throws {
            let known = try expected.tensor(named: name), size = max(1e-3, known.abs().max().item)
            guard found.count == known.count else {
                Issue.record("\(name) is \(found.shape), not \(known.shape)")
                return
            }
            let difference = FoundationFixtures.difference(found.detached().reshape(known.shape), known)
            #expect(difference < within * size, "\(name)")
        }
    }

    @Test("A description's loss, gradient and three steps of descent are PyTorch's", arguments: cases.indices)
    func description(index: Int) throws {
        let reference = try Reference(index), shape = reference.states.shape
        let states = reference.states.narrow(0, from: 0, count: 1).clone().requiresGradient()
        let optimizer = SGD([states], momentum: 0, weightDecay: 0)
        for step in 0..<3 {
            let loss = try reference.loss(states.expand([3] + shape.dropFirst()))
            loss.backward()
            if step == 0 {
                try reference.expect(loss, "description.loss")
                try reference.expect(
                    #require(states.gradient), "description.states.gradient", within: 1e-4)
            }
            optimizer.step(learningRate: try reference.number("descent"))
        }
        try reference.expect(states, "description.states")
    }

    @Test("Concept vectors, their places and three steps of Adam are PyTorch's", arguments: cases.indices)
    func concept(index: Int) throws {
        let reference = try Reference(index)
        let concept = ConceptVectors(states: reference.states, tokens: [4, 6])
        let optimizer = AdamW([concept.domain, concept.categories], weightDecay: 0)
        for step in 0..<3 {
            let loss = try reference.loss(concept.states(of: [0, 1, 1]))
            loss.backward()
            if step == 0 {
                try reference.expect(loss, "concept.loss")
                for (part, tensor) in [("domain", concept.domain), ("categories", concept.categories)] {
                    try reference.expect(
                        #require(tensor.gradient), "concept.\(part).gradient", within: 1e-4)
                }
            }
            optimizer.step(learningRate: try reference.number("rate"))
        }
        try compare(reference, concept.domain, "concept.domain")
        try compare(reference, concept.categories, "concept.categories")
    }

    /// Adam divides by the gradient's own size, so elements with gradients near zero make the most of a
    /// rounding.
    private func compare(_ reference: Reference, _ found: Tensor, _ name: String) throws {
        let gradients = try reference.expected.tensor(named: "\(name).gradient").floats.map(abs)
        let known = try reference.expected.tensor(named: name).floats, largest = gradients.max() ?? 0
        for (place, value) in found.detached().floats.enumerated() where gradients[place] > 0.05 * largest {
            #expect(abs(value - known[place]) < 1e-4, "\(name) \(place)")
        }
    }

    @Test("An adapter's loss, gradients and three steps of AdamW are PyTorch's", arguments: cases.indices)
    func adapter(index: Int) throws {
        let reference = try Reference(index)
        let options = AdapterOptions(
            rank: Int(try reference.number("rank")), alpha: try reference.number("alpha"), steps: 3,
            batch: 3, learningRate: 0.01)
        let before = reference.unet.parameters.tensors.map(\.floats)
        let adaptation = UNetAdaptation(
            reference.unet, tokens: reference.states.shape[1], options,
            initializedBy: TensorGenerator(seed: 1))
        // PyTorch lists the layers in another order.
        let names = (reference.expected.metadata["names"] ?? "").split(separator: " ").map(String.init)
        let sizes = try reference.expected.tensor(named: "layers").integers
        #expect(adaptation.layers.map(\.name).sorted() == names.sorted())
        for (layer, down) in zip(adaptation.layers, adaptation.downs) {
            let number = try #require(names.firstIndex(of: layer.name))
            #expect([Int64(layer.inputs), Int64(layer.outputs)] == Array(sizes[2 * number..<2 * number + 2]))
            let values = (0..<down.count).map { Float(sin(Double($0 + number))) / 10 }
            Torch.withoutGradients { down.copy(from: Tensor(values, shape: down.shape)) }
        }
        let context = reference.states.select(Tensor(indices: [0, 1, 1]))
        let first = adaptation.step(learningRate: 0.01) { try! reference.loss(context) }
        #expect(try abs(first - reference.expected.tensor(named: "adapter.loss").item) < 1e-5)
        for _ in 0..<2 { _ = adaptation.step(learningRate: 0.01) { try! reference.loss(context) } }
        for number in try reference.expected.tensor(named: "adapter.chosen").integers.map(Int.init) {
            let place = try #require(adaptation.layers.firstIndex { $0.name == names[number] })
            try compare(reference, adaptation.ups[place], "adapter.\(number).up")
            // B is zero at first, so that A moves from the second step on, by gradients of B's size.
            try reference.expect(adaptation.downs[place], "adapter.\(number).down", within: 0.01)
        }
        adaptation.end()
        #expect(reference.unet.parameters.tensors.map(\.floats) == before)
        #expect(reference.unet.parameters.tensors.allSatisfy { $0.gradient == nil })
    }

    private static let stars = ImageWorld.render(
        count: 6, seed: 5, distribution: .private, classes: WorldObject.all.filter { $0.name == "star" })
    private static let options = AdapterOptions(rank: 2, alpha: 4, steps: 2, batch: 3, learningRate: 0.01)

    private func trained(
        _ pipeline: TextToImagePipeline, _ options: AdapterOptions = options, seed: UInt64 = 1,
        precision: ElementType = .float16
    ) throws -> TrainedAdapter {
        try pipeline.trainAdapter(
            on: Self.stars, at: Array(0..<6), prompts: Array(repeating: "A photo of a comb", count: 6),
            options: options, precision: precision, seed: seed)
    }

    @Test("An adapter has its exact size, draws other images, and leaves the model as it was to the bit")
    func merging() throws {
        Torch.prepareThread()
        let folder = try FoundationModel.folder(of: .small)
        let pipeline = try TextToImagePipeline(folder: folder)
        func images() throws -> [UInt8] {
            try pipeline.images(
                prompts: ["A photo of a comb"], seeds: [7], options: SamplingOptions(steps: 2))
        }
        let plain = try images()
        let adapter = try trained(pipeline)
        #expect(try images() == plain)
        let layers = pipeline.operations.attention
        #expect(
            adapter.bytes.count == LowRankAdapter.encodedByteCount(layers, Self.options, as: .float16)
                && adapter.losses.count == 2)
        #expect(
            try trained(pipeline, precision: .float32).bytes.count
                == LowRankAdapter.encodedByteCount(layers, Self.options, as: .float32))
        let adapted = try pipeline.withAdapter(adapter.bytes, images)
        #expect(adapted != plain)
        #expect(try images() == plain)
        // The same arguments train the same bits, another seed others.
        #expect(try trained(pipeline) == adapter)
        #expect(try trained(pipeline, seed: 2).bytes != adapter.bytes)
        // As a file it is an adapter like any other.
        try withTemporaryFolder { path in
            try Data(adapter.bytes).write(to: URL(fileURLWithPath: path + "/a.safetensors"))
            let opened = try TextToImagePipeline(
                folder: folder, adapter: LoRAReference(path: path + "/a.safetensors"))
            let drawn = try opened.images(
                prompts: ["A photo of a comb"], seeds: [7], options: SamplingOptions(steps: 2))
            #expect(drawn == adapted)
        }
    }

    @Test("Bytes that are no adapter of the model are refused, and the model is as it was")
    func foreign() throws {
        Torch.prepareThread()
        let pipeline = try TextToImagePipeline(folder: FoundationModel.folder(of: .small))
        func pair(_ layer: String) -> [UInt8] {
            Safetensors.encode([
                ("\(layer).lora_A.weight", Tensor.zeros([2, 3])),
                ("\(layer).lora_B.weight", Tensor.zeros([3, 2])),
            ])
        }
        let files: [[UInt8]] = [
            [], [1, 2, 3], Safetensors.encode([("a", Tensor.zeros([2, 2]))]),
            pair("unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q"),
            pair("text_encoder.encoder.layers.0.self_attn.q_proj"),
        ]
        for bytes in files {
            #expect(throws: (any Error).self) { try pipeline.withAdapter(bytes) { Issue.record("merged") } }
        }
        let diverged = #expect(throws: FoundationModelError.self) {
            _ = try trained(
                pipeline, AdapterOptions(rank: 1, alpha: 1e6, steps: 4, batch: 2, learningRate: 100))
        }
        #expect(diverged?.description.hasPrefix("training of the adapter diverged at step ") == true)
        #expect(throws: CancellationError.self) {
            _ = try pipeline.trainAdapter(
                on: Self.stars, at: [0], prompts: ["a"], options: Self.options, precision: .float16, seed: 1,
                isCancelled: { true })
        }
    }

    @Test("An adapter trained on stars explains stars better than the model itself")
    func lossFalls() throws {
        Torch.prepareThread()
        let pipeline = try TextToImagePipeline(folder: FoundationModel.folder(of: .small))
        let adapter = try trained(
            pipeline, AdapterOptions(rank: 4, alpha: 4, steps: 40, batch: 6, learningRate: 0.005))
        let prompt = TokenPrompt(
            template: "A photo of a {class}", placeholder: "{class}", vector: pipeline.tokenVector(of: "comb")
        )
        func loss() throws -> Double {
            try Torch.withoutGradients {
                let latents = try pipeline.encode(Self.stars, at: Array(0..<6)).mean
                return try pipeline.inversionLoss(
                    of: prompt, vector: Tensor(prompt.vector), latents: latents,
                    noise: .randomNormal(latents.shape, using: TensorGenerator(seed: 99)),
                    timesteps: (0..<6).map { 60 + 150 * $0 }
                ).item
            }
        }
        let before = try loss(), after = try pipeline.withAdapter(adapter.bytes, loss)
        #expect(after < before, "\(before) → \(after)")
    }

    @Test("Mixed latents are those of the images, noised: drawn from them, an image is like its own")
    func mixtures() throws {
        Torch.prepareThread()
        let pipeline = try TextToImagePipeline(folder: FoundationModel.folder(of: .small))
        let options = SamplingOptions(steps: 10, batch: 2)
        // One image of a class is mixed with itself.
        let latents = try [0, 3].flatMap {
            try pipeline.mixedLatents(of: Self.stars, at: [$0], strength: 0.2, options: options, seed: 4)
        }
        let drawn = try pipeline.images(
            of: [.text("A photo of a star"), .text("A photo of a star")], seeds: [1, 2], options: options,
            changing: OriginalImages(noisedLatents: latents, strength: 0.2), isCancelled: { false })
        let size = drawn.count / 2
        func distance(_ image: Int, _ original: Int) -> Int {
            let own =
                pipeline.imageSide == Self.stars.side
                ? Array(Self.stars.image(at: original)) : [UInt8](repeating: 0, count: size)
            return zip(drawn[image * size..<(image + 1) * size], own).reduce(0) {
                $0 + abs(Int($1.0) - Int($1.1))
            }
        }
        #expect(pipeline.imageSide == Self.stars.side)
        #expect(distance(0, 0) < distance(0, 3) && distance(1, 3) < distance(1, 0))
        // Several are mixed with others, by other weights for another seed.
        func mixed(_ seed: UInt64, _ strength: Double = 1) throws -> [Float] {
            try pipeline.mixedLatents(
                of: Self.stars, at: [0, 1, 2], strength: strength, options: options, seed: seed)
        }
        let first = try mixed(1)
        #expect(first.count == 3 * pipeline.latentShape.reduce(1, *))
        #expect(try mixed(1) == first && mixed(2) != first && mixed(1, 0.5) != first)
        // At the last step they are noise of deviation one, nearly.
        let deviation = (first.reduce(0) { $0 + $1 * $1 } / Float(first.count)).squareRoot()
        #expect(abs(deviation - 1) < 0.1)
    }

    @Test("A concept's states are the prompt's but for two places; a description begins with the prompt's")
    func states() throws {
        Torch.prepareThread()
        let pipeline = try TextToImagePipeline(folder: FoundationModel.folder(of: .small))
        let prompt = "A photo of a star", own = pipeline.states(of: prompt)
        let changed = pipeline.states(
            of: prompt, domain: Array(repeating: 7, count: own.width),
            category: Array(repeating: 8, count: own.width))
        let rows = (0..<own.tokens).filter { row in
            let range = row * own.width..<(row + 1) * own.width
            return own.values[range] != changed.values[range]
        }
        #expect(rows.count == 2 && rows[0] == 2)
        #expect(changed.values[2 * own.width] == 7 && changed.values[rows[1] * own.width] == 8)
        let options = InversionOptions(steps: 2, batch: 2, learningRate: 1e-6)
        let description = try pipeline.learnStates(
            of: prompt, from: Self.stars, at: [0, 1], options: options, seed: 1)
        #expect(description.states.values != own.values)
        #expect(zip(description.states.values, own.values).allSatisfy { abs($0 - $1) < 1e-4 })
        let concept = try pipeline.learnConcept(
            of: [prompt, "A photo of a mug"], from: Self.stars, at: [0, 1, 2], classes: [0, 0, 1],
            options: options, seed: 1)
        #expect(concept.categories.count == 2 && concept.domain.count == own.width)
        let last = rows[1] * own.width..<(rows[1] + 1) * own.width
        #expect(zip(concept.categories[0], own.values[last]).allSatisfy { abs($0 - $1) < 1e-4 })
    }

    @Test("Operations: forward and back for each image, the projections' gradients, what is encoded once")
    func operations() {
        let layers = [AttentionLayer(name: "a", inputs: 3, outputs: 5, positions: 4)]
        let networks = FoundationOperations(
            unet: 1000, decoder: 7, textEncoder: 100, encoder: 10, attention: layers)
        let adapter = AdapterOptions(rank: 2, alpha: 1, steps: 5, batch: 4, learningRate: 1)
        let step: Double = 4 * (2000 + 120) + 180
        #expect(networks.adaptation(adapter, images: 13, prompts: 3) == 5 * step + 430)
        #expect(networks.adaptation(adapter, images: 100, prompts: 1) == 5 * step + 300)
        let options = InversionOptions(steps: 5, batch: 4, learningRate: 1)
        #expect(networks.description(options, images: 13) == 40_230)
        #expect(networks.concept(options, images: 13, prompts: 3) == 40_560)
    }

    @Test("The narrowest attention of a shape is that of its layers", arguments: cases.indices)
    func narrowest(index: Int) throws {
        let unet = try FoundationFolder(path: Self.cases[index].folder).unet()
        let layers = UNetAdaptation(
            unet, tokens: 4, Self.options, initializedBy: TensorGenerator(seed: 1)
        ).layers
        #expect(unet.configuration.narrowestAttention == layers.map { min($0.inputs, $0.outputs) }.min())
        var plain = UNetConfiguration(
            blockChannels: [16, 16], downBlocks: [.plain, .plain], upBlocks: [.plain, .plain], heads: [1, 1])
        #expect(plain.narrowestAttention == 16)
        plain.hasMiddleBlock = false
        #expect(plain.narrowestAttention == nil)
    }
}
