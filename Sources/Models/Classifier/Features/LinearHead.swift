/// A linear layer behind a frozen encoder: logits W x + b of features x.
public struct LinearHead: Sendable, Hashable {
    /// How many logits there are.
    public let classes: Int
    /// How many features an image has.
    public let width: Int
    /// W, `[classes, width]`, row by row.
    public let weights: [Float]
    /// b, `[classes]`.
    public let bias: [Float]

    /// - Precondition: the lists are of these sizes.
    public init(classes: Int, width: Int, weights: [Float], bias: [Float]) {
        precondition(
            classes > 0 && weights.count == classes * width && bias.count == classes,
            "a head of \(classes) classes and \(width) features")
        self.classes = classes
        self.width = width
        self.weights = weights
        self.bias = bias
    }

    /// Logits `[N, classes]` of features `[N, width]`, row by row.
    ///
    /// - Precondition: rows are whole.
    public func logits(of features: [Float]) -> Tensor {
        precondition(features.count % width == 0, "\(features.count) features in rows of \(width)")
        return Torch.withoutGradients {
            Tensor(features, shape: [features.count / width, width]).linear(
                Tensor(weights, shape: [classes, width]), bias: Tensor(bias))
        }
    }

    /// A safetensors file with `weight` and `bias`, as the state dict of PyTorch's `nn.Linear`.
    ///
    /// - Parameter metadata: words beside the tensors.
    public func encoded(metadata: [String: String] = [:]) -> [UInt8] {
        Safetensors.encode(
            [("weight", Tensor(weights, shape: [classes, width])), ("bias", Tensor(bias))],
            metadata: metadata)
    }

    /// The length of such a file.
    public static func encodedByteCount(
        classes: Int, width: Int, metadata: [String: String] = [:]
    ) -> Int {
        Safetensors.encodedByteCount(
            [
                .init(name: "weight", shape: [classes, width], type: .float32),
                .init(name: "bias", shape: [classes], type: .float32),
            ], metadata: metadata)
    }

    /// - Throws: `SafetensorsError` where the bytes are no such file.
    public init(decoding bytes: [UInt8]) throws {
        let file = try SafetensorsFile(bytes: bytes, name: "head")
        let weights = try file.tensor(named: "weight"), bias = try file.tensor(named: "bias")
        let classes = bias.count, width = weights.shape.last ?? 0
        try file.require("weight", weights.shape, is: [classes, max(1, width)])
        try file.require("bias", bias.shape, is: [max(1, classes)])
        self.init(classes: classes, width: width, weights: weights.floats, bias: bias.floats)
    }
}
