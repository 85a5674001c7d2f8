import Foundation

/// A captioner and, for its training alone, two linear heads that ask its vision transformer for more than a
/// caption says.
struct CaptionerNetworks {
    let model: Blip2Model
    private let heads: ParameterStore
    private let silhouetteHead: Linear
    private let factHead: Linear

    /// Networks with weights drawn from `seed`; zeros, to be loaded, without one.
    init(plan: CaptionerPlan, vocabularySize: Int, seed: UInt64?) {
        let configuration = plan.configuration(vocabularySize: vocabularySize)
        let generator = seed.map { TensorGenerator(seed: $0) }
        model = Blip2Model(configuration, initializedBy: generator)
        heads = ParameterStore(initializedBy: generator)
        let vision = configuration.vision
        silhouetteHead = Linear(
            heads.root / "silhouettes", from: vision.width, to: vision.patchSide * vision.patchSide)
        factHead = Linear(
            heads.root / "facts", from: vision.width, to: plan.factCounts.reduce(0, +))
        if generator != nil { Self.placePatches(of: model) }
    }

    /// All trained tensors with names that tell captioner and heads apart.
    var named: [(name: String, tensor: Tensor)] {
        model.parameters.entries.map { ("model.\($0.name)", $0.tensor) }
            + heads.entries.map { ("heads.\($0.name)", $0.tensor) }
    }

    /// The weighted sum of the losses of captions, silhouettes and facts, float32.
    func loss(_ batch: CaptionerBatch, plan: CaptionerPlan) -> Tensor {
        let (logits, silhouettes, facts) = Torch.withAutocast {
            let states = model.encode(batch.images)
            let patches = states.vision.narrow(1, from: 1, count: states.vision.shape[1] - 1)
            return (
                model.logits(reading: states, tokens: batch.tokens), silhouetteHead(patches),
                factHead(patches.mean([1]))
            )
        }
        let vocabulary = model.configuration.text.vocabularySize
        let caption = logits.to(.float32).reshape([-1, vocabulary]).crossEntropy(batch.targets)
        return caption * plan.captionWeight
            + silhouettes.to(.float32).binaryCrossEntropy(batch.silhouettes) * plan.silhouetteWeight
            + Self.factLoss(facts.to(.float32), batch.facts, plan.factCounts) * plan.factWeight
    }

    private static func factLoss(_ logits: Tensor, _ facts: [Tensor], _ counts: [Int]) -> Tensor {
        var start = 0
        var sum = Tensor.zeros([])
        for (fact, count) in zip(facts, counts) {
            // Of a batch in which every style hides a fact there is nothing to learn about it.
            if fact.integers.contains(where: { $0 >= 0 }) {
                sum = sum + logits.narrow(1, from: start, count: count).crossEntropy(fact)
            }
            start += count
        }
        return sum
    }

    /// Starts the positions of patches as sines and cosines of row and column (arXiv 1706.03762; in two
    /// dimensions arXiv 2104.02057): neighbours begin alike instead of having to be found out.
    private static func placePatches(of model: Blip2Model) {
        guard let table = model.parameters["vision_model.embeddings.position_embedding"] else {
            preconditionFailure("a vision transformer without positions")
        }
        let vision = model.configuration.vision
        let side = vision.patchesPerSide, frequencies = vision.width / 4
        let deviation = 0.3
        var values = [Float](repeating: 0, count: vision.width)
        for row in 0..<side {
            for column in 0..<side {
                for place in [column, row] {
                    for wave in [sin, cos] as [(Double) -> Double] {
                        for index in 0..<frequencies {
                            let exponent = Double(index) / Double(max(1, frequencies - 1))
                            values.append(Float(deviation * wave(Double(place) / pow(10_000, exponent))))
                        }
                    }
                }
            }
        }
        Torch.withoutGradients { table.copy(from: Tensor(values, shape: table.shape)) }
    }
}
