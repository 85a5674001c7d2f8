/// Which residual network: depth, classes, normalization, and what follows from them (arXiv 1512.03385, table
/// 1).
public struct ResNetArchitecture: LayeredArchitecture, Hashable {
    /// Layers with weights on the longest path.
    public enum Depth: Int, Sendable, CaseIterable {
        case eighteen = 18
        case thirtyFour = 34
        case fifty = 50

        /// Residual blocks in each of the four stages.
        public var blocks: [Int] {
            switch self {
            case .eighteen: [2, 2, 2, 2]
            case .thirtyFour, .fifty: [3, 4, 6, 3]
            }
        }

        /// Whether a block is three convolutions, of which the last makes four times as many channels.
        var hasBottlenecks: Bool { self == .fifty }
    }

    public let depth: Depth
    public let classes: Int
    public let norm: ClassifierNorm

    /// - Precondition: `classes` is positive, and groups divide 64 channels.
    public init(depth: Depth, classes: Int, norm: ClassifierNorm = .batch) {
        precondition(classes > 0, "a classifier of \(classes) classes")
        self.depth = depth
        self.classes = classes
        self.norm = norm
    }

    init?(_ identity: ArchitectureIdentity) {
        guard identity.family == "resnet", let depth = identity.count("depth").flatMap(Depth.init(rawValue:)),
            let classes = identity.count("classes"), let norm = identity.norm
        else { return nil }
        self.init(depth: depth, classes: classes, norm: norm)
    }

    public var identity: String {
        ArchitectureIdentity(
            "resnet", version: 1,
            ["depth": "\(depth.rawValue)", "classes": "\(classes)", "norm": norm.identity]
        ).text
    }

    public var hasBatchNorm: Bool { norm == .batch }

    /// Channels of the four stages, of a bottleneck's inner convolutions; the stem makes as many as the
    /// first.
    public static let widths = [64, 128, 256, 512]
    /// Height and width of the stem's kernel, with stride 2 and padding 3.
    public static let stemKernel = 7

    /// Floating-point operations of one forward pass of one image of `side` × `side` pixels.
    ///
    /// Convolutions and the last layer are counted, a multiply-add as two operations, taps over padding
    /// included: twice the multiply-adds that torchvision lists (1.814 · 10⁹ for ResNet-18 at 224 pixels and
    /// 1,000 classes).
    public func forwardOperations(side: Int) -> Int {
        2 * (placed(side: side).reduce(0) { $0 + $1.multiplyAdds } + featureCount * classes)
    }

    public func featureElements(side: Int) -> Int { placed(side: side).reduce(0) { $0 + $1.elements } }

    /// Its convolutions for images of `side` pixels, those on the way past a block included.
    private func placed(side: Int) -> [PlacedConvolution] {
        let stem = ConvolutionShape(
            inputs: 3, outputs: Self.widths[0], kernel: Self.stemKernel, stride: 2)
        var size = outputSize(side, kernel: stem.kernel, stride: stem.stride)
        var placed = [PlacedConvolution(shape: stem, side: size)]
        size = outputSize(size, kernel: 3, stride: 2)
        for block in residualBlocks {
            for convolution in block.convolutions {
                size = outputSize(size, kernel: convolution.kernel, stride: convolution.stride)
                placed.append(PlacedConvolution(shape: convolution, side: size))
            }
            guard block.isProjected else { continue }
            let projection = ConvolutionShape(
                inputs: block.inputs, outputs: block.outputs, kernel: 1, stride: block.stride)
            placed.append(PlacedConvolution(shape: projection, side: size))
        }
        return placed
    }

    /// Trainable scalars: convolutions, scales and shifts of normalization, the last layer with its bias.
    public var parameterCount: Int {
        var count = Self.widths[0] * (3 * Self.stemKernel * Self.stemKernel + 2)
        for block in residualBlocks {
            for convolution in block.convolutions {
                count += convolution.parameterCount + 2 * convolution.outputs
            }
            if block.isProjected { count += (block.inputs + 2) * block.outputs }
        }
        return count + (featureCount + 1) * classes
    }

    /// What the last layer is given of an image.
    var featureCount: Int { residualBlocks[residualBlocks.count - 1].outputs }

    /// A residual block: where it stands, and from what to what it leads.
    struct Block {
        /// From 0.
        let stage: Int
        /// Within its stage, from 0.
        let index: Int
        let inputs: Int
        let outputs: Int
        let isBottleneck: Bool

        /// The first block of every stage but the first halves height and width.
        var stride: Int { stage > 0 && index == 0 ? 2 : 1 }
        /// Whether its input is brought to the size and width of its output before it is added.
        var isProjected: Bool { stride != 1 || inputs != outputs }

        /// Its convolutions, in order. A bottleneck halves the size in its middle, as torchvision's does and
        /// the paper's does not.
        var convolutions: [ConvolutionShape] {
            let width = ResNetArchitecture.widths[stage]
            guard isBottleneck else {
                return [
                    ConvolutionShape(inputs: inputs, outputs: width, kernel: 3, stride: stride),
                    ConvolutionShape(inputs: width, outputs: width, kernel: 3, stride: 1),
                ]
            }
            return [
                ConvolutionShape(inputs: inputs, outputs: width, kernel: 1, stride: 1),
                ConvolutionShape(inputs: width, outputs: width, kernel: 3, stride: stride),
                ConvolutionShape(inputs: width, outputs: outputs, kernel: 1, stride: 1),
            ]
        }
    }

    /// All residual blocks, in the order of the features' way.
    var residualBlocks: [Block] {
        let expansion = depth.hasBottlenecks ? 4 : 1
        var inputs = Self.widths[0], blocks: [Block] = []
        for (stage, width) in Self.widths.enumerated() {
            for index in 0..<depth.blocks[stage] {
                blocks.append(
                    Block(
                        stage: stage, index: index, inputs: inputs, outputs: expansion * width,
                        isBottleneck: depth.hasBottlenecks))
                inputs = expansion * width
            }
        }
        return blocks
    }
}
