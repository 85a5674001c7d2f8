import Models
import Testing

@Suite("Captioner networks")
struct CaptionerModelTests {
    private static let configuration = CaptionerFixtures.configuration

    @Test(
        "a caption found with keys and values kept is the one that reading everything anew gives",
        arguments: 0..<6 as Range<UInt64>)
    func cache(seed: UInt64) {
        computing {
            var configuration = Self.configuration
            // No end token: captions of full length.
            configuration.generation.endTokens = []
            let model = CaptionerFixtures.model(seed: seed, configuration)
            let images = CaptionerFixtures.images(3, seed: seed)
            let captions = model.generate(images, options: CaptionOptions(maximumNewTokens: 8))
            for (index, caption) in captions.enumerated() {
                let read: [Int64] = [2] + caption.dropLast().map(Int64.init)
                let logits = model(
                    images.narrow(0, from: index, count: 1),
                    tokens: Tensor(indices: read, shape: [1, read.count]))
                #expect(logits.argmax(2).integers == caption.map(Int64.init))
            }
        }
    }

    @Test("a caption does not depend on the other images of its batch", arguments: [1, 3])
    func batches(beams: Int) {
        computing {
            let model = CaptionerFixtures.model(seed: 3)
            let images = CaptionerFixtures.images(6, seed: 8)
            let options = CaptionOptions(maximumNewTokens: 8, beams: beams)
            let together = model.generate(images, options: options)
            let alone = (0..<6).map {
                model.generate(images.narrow(0, from: $0, count: 1), options: options)[0]
            }
            #expect(together == alone)
            #expect(Set(together).count > 1)
            #expect(together.allSatisfy { $0.count == 8 || $0.last == 2 })
        }
    }

    @Test("logits depend on the tokens up to their own, and on the image")
    func causality() {
        computing {
            let model = CaptionerFixtures.model(seed: 1), images = CaptionerFixtures.images(2, seed: 2)
            func logits(_ tokens: [Int64], image: Int = 0) -> Tensor {
                model(
                    images.narrow(0, from: image, count: 1),
                    tokens: Tensor(indices: tokens, shape: [1, tokens.count]))
            }
            let first = logits([2, 3, 4, 5]), second = logits([2, 3, 6, 5])
            #expect(
                FoundationFixtures.difference(
                    first.narrow(1, from: 0, count: 2), second.narrow(1, from: 0, count: 2)) == 0)
            #expect(
                FoundationFixtures.difference(
                    first.narrow(1, from: 2, count: 1), second.narrow(1, from: 2, count: 1)) > 1e-3)
            #expect(FoundationFixtures.difference(first, logits([2, 3, 4, 5], image: 1)) > 1e-3)
        }
    }

    @Test("the loss reaches every parameter", arguments: [true, false])
    func gradients(normalizesFirst: Bool) {
        Torch.prepareThread()
        var configuration = Self.configuration
        configuration.text = OPTConfiguration(
            vocabularySize: 9, width: 10, hiddenWidth: 16, layers: 2, heads: 2, maximumTokens: 16,
            activation: .gelu, normalizesFirst: normalizesFirst, tiesEmbeddings: normalizesFirst)
        let model = Blip2Model(configuration, initializedBy: TensorGenerator(seed: 5))
        model.parameters.requiresGradient(true)
        let tokens = Tensor(indices: [2, 3, 4, 5, 6, 7, 8, 1, 0, 2, 3, 4], shape: [1, 12])
        model(CaptionerFixtures.images(1, seed: 1), tokens: tokens).power(3).sum().backward()
        for entry in model.parameters.entries {
            // Softmax does not change when every score of a row grows by the same: a key's bias has no
            // gradient.
            if entry.name.hasSuffix("k_proj.bias") || entry.name.hasSuffix("key.bias") { continue }
            #expect(entry.tensor.gradient.map { $0.abs().max().item > 0 } ?? false, "\(entry.name)")
        }
    }

    @Test("the number of weights follows from the configuration", arguments: CaptionerFixtures.folders)
    func parameterCount(folder: String) throws {
        for configuration in [try CaptionerFolder(path: folder).configuration(), Self.configuration] {
            let model = Blip2Model(configuration)
            #expect(configuration.parameterCount == Double(model.parameters.parameterCount))
        }
    }

    @Test("operations are 2 per weight and position, and 4 per pair of positions and channel of attention")
    func operations() {
        let configuration = Self.configuration
        let image = configuration.vision.tokens, queries = configuration.queryTokens
        let (prompt, caption) = (2, 5)
        let read = queries + 1 + prompt + caption - 1
        #expect(image == 5)
        var sum = 0.0
        for entry in Blip2Model(configuration).parameters.entries {
            let shape = entry.tensor.shape, name = entry.name
            guard name.hasSuffix("weight"), shape.count >= 2, !name.contains("embed_positions") else {
                continue
            }
            var positions = read
            if name.hasPrefix("vision_model") { positions = name.contains("patch") ? image - 1 : image }
            if name.hasPrefix("qformer") || name.hasPrefix("language_projection") {
                positions =
                    name.contains("crossattention.attention.") && !name.contains("query") ? image : queries
            }
            if name.contains("embed_tokens") { positions = caption }
            sum += 2 * Double(positions * shape.reduce(1, *))
        }
        // Two layers of the image; three of the queries, two of which look at it; two of the text.
        let imagePairs = image * image, queryPairs = queries * queries, crossPairs = queries * image
        sum += Double(4 * (2 * imagePairs * 12 + 3 * queryPairs * 8 + 2 * crossPairs * 8))
        let prefix = queries + 1 + prompt
        let textPairs = prefix * prefix + (prefix + 1...read).reduce(0, +)
        sum += Double(4 * 2 * 10 * textPairs)
        let operations = CaptionOperations(configuration)
        #expect(operations.caption(newTokens: caption, promptTokens: prompt) == sum)
        #expect(operations.image < sum)
    }
}
