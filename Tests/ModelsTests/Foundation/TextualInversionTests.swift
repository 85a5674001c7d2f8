import Foundation
import Models
import Testing

/// Words learnt from images: against PyTorch (`Fixtures/textual_inversion.py`), and with the shipped model.
@Suite("Textual inversion", .serialized)
struct TextualInversionTests {
    /// Checkpoints of which PyTorch's figures are known.
    private static let cases: [(folder: String, file: String)] = {
        let own = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/textual-inversion").path
        return FoundationFixtures.folders.map { folder in
            (folder, "\(own)/\(URL(fileURLWithPath: folder).lastPathComponent).safetensors")
        }.filter { FileManager.default.fileExists(atPath: $0.1) }
    }()

    @Test("The loss of a word, its gradient and three steps of AdamW are PyTorch's", arguments: cases.indices)
    func reference(index: Int) throws {
        let (folder, file) = Self.cases[index]
        let expected = try SafetensorsFile(path: file)
        func tensor(_ name: String) throws -> Tensor { try expected.tensor(named: name) }
        Torch.prepareThread()
        let parts = try FoundationFolder(path: folder)
        let text = try parts.textEncoder(), unet = try parts.unet()
        let objective = DiffusionObjective(try .read("\(folder)/scheduler/scheduler_config.json"))
        let times = try tensor("timesteps").integers.map(Int.init)
        let places = try tensor("places").integers.map(Int.init)
        let vector = try tensor("vector").clone().requiresGradient()
        let optimizer = AdamW([vector])
        let rate = try #require(expected.metadata["rate"].flatMap(Double.init))
        // PyTorch's own float32 and float64 gradients differ by 1.5e-6 of the largest element, but by 3e-4
        // for the tiny checkpoint, whose rounding errors grow on the way back.
        let isSensitive = folder.hasSuffix("stable-diffusion-tiny")
        for step in 0..<3 {
            let states = text(try tensor("tokens"), vector: vector, at: places)
            let loss = objective.loss(
                of: unet, latents: try tensor("latents"), noise: try tensor("noise"), timesteps: times,
                context: states.expand([3] + states.shape.dropFirst()))
            loss.backward()
            if step == 0 {
                #expect(try abs(loss.item - tensor("loss").item) < 1e-5)
                let gradient = try #require(vector.gradient), known = try tensor("gradient")
                let size = known.abs().max().item
                #expect(size > 1e-4)
                #expect(FoundationFixtures.difference(gradient, known) < (isSensitive ? 5e-3 : 1e-4) * size)
            }
            optimizer.step(learningRate: rate)
        }
        // AdamW divides by the gradient's own size, so elements near zero make the most of a rounding.
        let learnt = zip(vector.detached().floats, try tensor("learned").floats)
        let gradients = try tensor("gradient").floats
        let largest = gradients.map(abs).max() ?? 0
        for (pair, gradient) in zip(learnt, gradients) where abs(gradient) > 0.05 * largest {
            #expect(abs(pair.0 - pair.1) < (isSensitive ? 0.02 : 1e-4))
        }
        // The networks are frozen.
        #expect(text.parameters.tensors.allSatisfy { $0.gradient == nil })
        #expect(unet.parameters.tensors.allSatisfy { $0.gradient == nil })
    }

    @Test("The encoder's operations are those that PyTorch's layers count", arguments: cases.indices)
    func encoderOperations(index: Int) throws {
        let (folder, file) = Self.cases[index]
        let parts = try FoundationFolder(path: folder)
        let operations = FoundationOperations(
            unet: try parts.unet(), autoencoder: try parts.autoencoder(), textEncoder: try parts.textEncoder()
        )
        let counted = try SafetensorsFile(path: file).tensor(named: "encoder_operations").integers[0]
        #expect(operations.encoder == Double(counted))
    }

    @Test("The operations of learning: text and UNet twice a step, each image seen encoded once")
    func operations() {
        let networks = FoundationOperations(unet: 1000, decoder: 7, textEncoder: 100, encoder: 10)
        func count(steps: Int, batch: Int, images: Int) -> Double {
            networks.inversion(InversionOptions(steps: steps, batch: batch, learningRate: 1), images: images)
        }
        let steps = 5.0 * 2 * 4100
        #expect(count(steps: 5, batch: 4, images: 13) == steps + 130)
        // Twenty draws see no more than twenty of a hundred images.
        #expect(count(steps: 5, batch: 4, images: 100) == steps + 200)
    }

    private static let stars = ImageWorld.render(
        count: 8, seed: 5, distribution: .private, classes: WorldObject.all.filter { $0.name == "star" })
    private static let template = "A photo of a {class}"

    private func prompt(_ word: String, _ pipeline: TextToImagePipeline) -> TokenPrompt {
        TokenPrompt(
            template: Self.template, placeholder: "{class}", vector: pipeline.tokenVector(of: word))
    }

    @Test("With a word's own vector a prompt's states are those of the text, bit by bit")
    func ownVector() throws {
        try computing {
            let pipeline = try TextToImagePipeline(folder: FoundationModel.builtin)
            let options = SamplingOptions(steps: 2, batch: 2)
            let fromText = try pipeline.images(prompts: ["A photo of a star"], seeds: [3], options: options)
            let fromVector = try pipeline.images(
                of: [.token(prompt("star", pipeline))], seeds: [3], options: options)
            #expect(fromVector == fromText)
            // Not what was encoded last, but what is asked for.
            let both = try pipeline.images(
                of: [.token(prompt("star", pipeline)), .token(prompt("mug", pipeline))], seeds: [3, 3],
                options: options)
            #expect(both.prefix(fromText.count) != both.suffix(fromText.count))
        }
    }

    @Test("A word learnt from stars explains stars better than the word it began with")
    func lossFalls() throws {
        Torch.prepareThread()
        let pipeline = try TextToImagePipeline(folder: FoundationModel.builtin)
        let start = prompt("mug", pipeline)
        let learnt = try pipeline.learnToken(
            of: start, from: Self.stars, at: Array(0..<8),
            options: InversionOptions(steps: 30, batch: 4, learningRate: 0.05), seed: 1)
        #expect(learnt.losses.count == 10 && learnt.vector.count == start.vector.count)
        // The same draws before and after: noise of its own, all times.
        let times = (0..<8).map { 60 + 120 * $0 }
        func loss(_ vector: [Float]) throws -> Double {
            try Torch.withoutGradients {
                let latents = try pipeline.encode(Self.stars, at: Array(0..<8)).mean
                return try pipeline.inversionLoss(
                    of: start, vector: Tensor(vector), latents: latents,
                    noise: .randomNormal(latents.shape, using: TensorGenerator(seed: 99)), timesteps: times
                ).item
            }
        }
        let (before, after) = (try loss(start.vector), try loss(learnt.vector))
        #expect(after < before, "\(before) → \(after)")
    }

    @Test("The same arguments learn the same bits, another seed or image others")
    func determinism() throws {
        Torch.prepareThread()
        let pipeline = try TextToImagePipeline(folder: FoundationModel.builtin)
        let options = InversionOptions(steps: 2, batch: 3, learningRate: 0.01)
        func vector(_ indices: [Int], seed: UInt64) throws -> [Float] {
            try pipeline.learnToken(
                of: prompt("mug", pipeline), from: Self.stars, at: indices, options: options, seed: seed
            ).vector
        }
        let first = try vector([1, 2, 3, 4], seed: 1)
        #expect(try vector([1, 2, 3, 4], seed: 1) == first)
        #expect(try vector([1, 2, 3, 4], seed: 2) != first)
        #expect(try vector([1, 2, 3, 5], seed: 1) != first)
        // Fewer images than a batch are drawn several times; images of another size are resized.
        #expect(try vector([1], seed: 1) != first)
        let small = ImageWorld.render(count: 2, seed: 5, distribution: .private, side: 16)
        let resized = try pipeline.learnToken(
            of: prompt("mug", pipeline), from: small, at: [0, 1], options: options, seed: 1)
        #expect(resized.vector.allSatisfy { $0.isFinite })
    }

    @Test("A checkpoint of Stable Diffusion's shape learns words too", arguments: TokenizerTests.folders)
    func stableDiffusion(folder: String) throws {
        Torch.prepareThread()
        let pipeline = try TextToImagePipeline(folder: URL(filePath: folder))
        let start = prompt("golden retriever", pipeline)
        let learnt = try pipeline.learnToken(
            of: start, from: Self.stars, at: [0, 1, 2],
            options: InversionOptions(steps: 3, batch: 2, learningRate: 0.01), seed: 1)
        #expect(learnt.vector.count == pipeline.tokenWidth && learnt.losses.count == 3)
        // Adam's first steps move every element by about the rate.
        let moves = zip(learnt.vector, start.vector).map { abs($0 - $1) }
        #expect(moves.allSatisfy { $0 <= 0.031 } && moves.reduce(0, +) / Float(moves.count) > 0.005)
    }

    @Test("Cancelled, misfit, too long and diverging are errors that say so")
    func refusals() throws {
        Torch.prepareThread()
        let pipeline = try TextToImagePipeline(folder: FoundationModel.builtin)
        func learn(_ prompt: TokenPrompt, isCancelled: Bool = false) throws {
            _ = try pipeline.learnToken(
                of: prompt, from: Self.stars, at: [0, 1],
                options: InversionOptions(steps: 1, batch: 2, learningRate: 0.1), seed: 1,
                isCancelled: { isCancelled })
        }
        var start = prompt("mug", pipeline)
        #expect(throws: CancellationError.self) { try learn(start, isCancelled: true) }
        let long = TokenPrompt(
            template: String(repeating: "photo ", count: 20) + "{class}", placeholder: "{class}",
            vector: start.vector)
        let lost = #expect(throws: FoundationModelError.self) { try learn(long) }
        #expect(
            lost?.description.hasSuffix(
                "leaves no room for a learned word; this checkpoint reads 14 tokens of a text") == true)
        start.vector[0] = .nan
        #expect(throws: FoundationModelError.divergedTraining(stage: "token", step: 1)) { try learn(start) }
        start.vector = [1, 2]
        let foreign = #expect(throws: FoundationModelError.self) { try learn(start) }
        #expect(
            foreign?.description == "a word's vector of width 2; this checkpoint's text encoder takes 128")
    }
}
