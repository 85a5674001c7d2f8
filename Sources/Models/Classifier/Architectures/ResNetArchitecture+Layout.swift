extension ResNetArchitecture {
    /// Names, shapes and types of the state dict of a network of this architecture, in torchvision's order.
    public var stateLayout: [Safetensors.Declaration] {
        var layout = StateLayout(norm: norm)
        let stem = ConvolutionShape(inputs: 3, outputs: Self.widths[0], kernel: Self.stemKernel, stride: 2)
        layout.addConvolution("conv1", stem)
        layout.addNorm("bn1", channels: Self.widths[0])
        for block in residualBlocks {
            let name = "layer\(block.stage + 1).\(block.index)"
            for (index, convolution) in block.convolutions.enumerated() {
                layout.addConvolution("\(name).conv\(index + 1)", convolution)
                layout.addNorm("\(name).bn\(index + 1)", channels: convolution.outputs)
            }
            guard block.isProjected else { continue }
            layout.addConvolution("\(name).downsample.0", block.projection)
            layout.addNorm("\(name).downsample.1", channels: block.outputs)
        }
        layout.addLinear("fc", inputs: featureCount, outputs: classes)
        return layout.declarations
    }
}

extension ResNetArchitecture.Block {
    /// What brings the input to the size and width of the output.
    var projection: ConvolutionShape {
        ConvolutionShape(inputs: inputs, outputs: outputs, kernel: 1, stride: stride)
    }
}
