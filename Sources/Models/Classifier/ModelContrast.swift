/// What MOON adds to the loss of a client's training: the features of the model are to be nearer to those of
/// the global model than to those of the client's previous one.
///
/// Li, He and Song, "Model-Contrastive Federated Learning", https://arxiv.org/abs/2103.16257, equation 3:
/// −log(e^(s⁺/τ) / (e^(s⁺/τ) + e^(s⁻/τ))), with s the cosine similarities of an image's features by the
/// model and by the two others, which are frozen and evaluate.
public struct ModelContrast: FeatureLoss {
    private let global: any ClassifierNetwork
    private let previous: any ClassifierNetwork
    private let weight: Double
    private let temperature: Double

    /// - Parameters:
    ///   - global: the model that the server has sent.
    ///   - previous: what the client has made of the one before.
    ///   - weight: µ.
    ///   - temperature: τ.
    public init(
        global: any ClassifierNetwork, previous: any ClassifierNetwork, weight: Double, temperature: Double
    ) {
        self.global = global
        self.previous = previous
        self.weight = weight
        self.temperature = temperature
    }

    public func loss(of features: Tensor, _ pixels: Tensor, _ labels: Tensor) -> Tensor {
        let (near, far) = Torch.withoutGradients {
            (global.features(of: pixels), previous.features(of: pixels))
        }
        return Self.loss(features, near: near, far: far, temperature: temperature) * weight
    }

    /// The mean loss of features `[N, width]` that are to be near some and far from others.
    public static func loss(_ features: Tensor, near: Tensor, far: Tensor, temperature: Double) -> Tensor {
        let similarities = [near, far].map { similarity(features, $0).reshape([-1, 1]) / temperature }
        return Tensor.concatenate(similarities, axis: 1).crossEntropy(
            Tensor(indices: Array(repeating: 0, count: features.shape[0])))
    }

    /// Cosine similarities of rows; the smallest norms are kept above zero, where there is no direction.
    private static func similarity(_ left: Tensor, _ right: Tensor) -> Tensor {
        func norm(_ rows: Tensor) -> Tensor { ((rows * rows).sum([1]) + 1e-16).sqrt() }
        return (left * right).sum([1]) / (norm(left) * norm(right))
    }
}
