/// The declarations of a state dict in the making, by PyTorch's names.
struct StateLayout {
    private(set) var declarations: [Safetensors.Declaration] = []
    private let norm: ClassifierNorm

    init(norm: ClassifierNorm) { self.norm = norm }

    mutating func add(_ name: String, _ shape: [Int], type: ElementType = .float32) {
        declarations.append(Safetensors.Declaration(name: name, shape: shape, type: type))
    }

    mutating func addConvolution(_ name: String, _ shape: ConvolutionShape, hasBias: Bool = false) {
        add("\(name).weight", [shape.outputs, shape.inputs, shape.kernel, shape.kernel])
        if hasBias { add("\(name).bias", [shape.outputs]) }
    }

    mutating func addNorm(_ name: String, channels: Int) {
        for part in ["weight", "bias"] { add("\(name).\(part)", [channels]) }
        guard norm == .batch else { return }
        for part in ["running_mean", "running_var"] { add("\(name).\(part)", [channels]) }
        add("\(name).num_batches_tracked", [], type: .int64)
    }

    mutating func addLinear(_ name: String, inputs: Int, outputs: Int) {
        add("\(name).weight", [outputs, inputs])
        add("\(name).bias", [outputs])
    }
}

/// A square convolution, padded so that stride 1 keeps the size.
struct ConvolutionShape {
    let inputs: Int
    let outputs: Int
    let kernel: Int
    let stride: Int

    /// Weights without bias.
    var parameterCount: Int { inputs * outputs * kernel * kernel }
}

/// A convolution in a network for images of some size.
struct PlacedConvolution {
    let shape: ConvolutionShape
    /// Height and width of what it makes.
    let side: Int

    /// Multiply-adds for one image, taps over padding included.
    var multiplyAdds: Int { shape.parameterCount * side * side }
    /// Numbers that it makes of one image.
    var elements: Int { shape.outputs * side * side }
}

/// The height and width that such a convolution, or a pooling padded likewise, makes of `size`.
func outputSize(_ size: Int, kernel: Int, stride: Int) -> Int {
    (size + 2 * (kernel / 2) - kernel) / stride + 1
}
