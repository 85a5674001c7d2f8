extension ResNetArchitecture {
    /// Names, shapes and types of the state dict of a network of this architecture, in torchvision's order: what
    /// `ResNet.store` holds, told without a tensor.
    public var stateLayout: [Safetensors.Declaration] {
        var layout = StateLayout()
        layout.addConvolution("conv1", inputs: 3, outputs: Self.widths[0], kernel: Self.stemKernel)
        layout.addNorm("bn1", channels: Self.widths[0])
        for block in residualBlocks { layout.add(block) }
        layout.add("fc.weight", [classes, Self.featureCount])
        layout.add("fc.bias", [classes])
        return layout.declarations
    }
}

/// The declarations of a state dict in the making.
private struct StateLayout {
    private(set) var declarations: [Safetensors.Declaration] = []

    mutating func add(_ name: String, _ shape: [Int], type: ElementType = .float32) {
        declarations.append(Safetensors.Declaration(name: name, shape: shape, type: type))
    }

    mutating func addConvolution(_ name: String, inputs: Int, outputs: Int, kernel: Int) {
        add("\(name).weight", [outputs, inputs, kernel, kernel])
    }

    mutating func addNorm(_ name: String, channels: Int) {
        for part in ["weight", "bias", "running_mean", "running_var"] { add("\(name).\(part)", [channels]) }
        add("\(name).num_batches_tracked", [], type: .int64)
    }

    mutating func add(_ block: ResNetArchitecture.Block) {
        let name = "layer\(block.stage + 1).\(block.index)", outputs = block.outputs
        addConvolution("\(name).conv1", inputs: block.inputs, outputs: outputs, kernel: 3)
        addNorm("\(name).bn1", channels: outputs)
        addConvolution("\(name).conv2", inputs: outputs, outputs: outputs, kernel: 3)
        addNorm("\(name).bn2", channels: outputs)
        guard block.isProjected else { return }
        addConvolution("\(name).downsample.0", inputs: block.inputs, outputs: outputs, kernel: 1)
        addNorm("\(name).downsample.1", channels: outputs)
    }
}
