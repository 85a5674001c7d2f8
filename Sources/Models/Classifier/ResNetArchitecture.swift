/// Which residual network: depth, classes, and what follows from them (arXiv 1512.03385, table 1).
public struct ResNetArchitecture: Sendable, Hashable {
    /// Layers with weights on the longest path.
    public enum Depth: Int, Sendable, CaseIterable {
        case eighteen = 18
        case thirtyFour = 34

        /// Residual blocks in each of the four stages.
        public var blocks: [Int] {
            switch self {
            case .eighteen: [2, 2, 2, 2]
            case .thirtyFour: [3, 4, 6, 3]
            }
        }
    }

    public let depth: Depth
    /// The number of logits.
    public let classes: Int

    /// - Precondition: `classes` is positive.
    public init(depth: Depth, classes: Int) {
        precondition(classes > 0, "a classifier of \(classes) classes")
        self.depth = depth
        self.classes = classes
    }

    /// Channels of the four stages; the stem makes as many as the first.
    public static let widths = [64, 128, 256, 512]
    /// Height and width of the stem's kernel, with stride 2 and padding 3.
    public static let stemKernel = 7

    /// Floating-point operations of one forward pass of one image of `side` × `side` pixels.
    ///
    /// Convolutions and the last layer are counted, a multiply-add as two operations, taps over padding
    /// included: twice the multiply-adds that torchvision lists (1.814 · 10⁹ for ResNet-18 at 224 pixels and
    /// 1,000 classes).
    public func forwardOperations(side: Int) -> Int {
        var size = Self.outputSize(side, kernel: Self.stemKernel, stride: 2, padding: 3)
        var multiplyAdds = Self.widths[0] * 3 * Self.stemKernel * Self.stemKernel * size * size
        size = Self.outputSize(size, kernel: 3, stride: 2, padding: 1)
        for block in residualBlocks {
            size = Self.outputSize(size, kernel: 3, stride: block.stride, padding: 1)
            multiplyAdds += (block.inputs + block.outputs) * block.outputs * 9 * size * size
            if block.isProjected { multiplyAdds += block.inputs * block.outputs * size * size }
        }
        return 2 * (multiplyAdds + Self.featureCount * classes)
    }

    /// Floating-point operations of one training step, per image: the backward pass costs twice the forward
    /// one, as it makes the gradients of inputs and of weights.
    public func trainingOperations(side: Int) -> Int { 3 * forwardOperations(side: side) }

    /// Trainable scalars: convolutions, batch norm's scales and shifts, the last layer with its bias.
    public var parameterCount: Int {
        var count = Self.widths[0] * (3 * Self.stemKernel * Self.stemKernel + 2)
        for block in residualBlocks {
            count += (block.inputs + block.outputs) * block.outputs * 9 + 4 * block.outputs
            if block.isProjected { count += block.inputs * block.outputs + 2 * block.outputs }
        }
        return count + (Self.featureCount + 1) * classes
    }

    /// What the last layer is given of an image.
    static var featureCount: Int { widths[widths.count - 1] }

    /// A residual block: where it stands, and from what to what it leads.
    struct Block {
        /// From 0.
        let stage: Int
        /// Within its stage, from 0.
        let index: Int
        let inputs: Int
        let outputs: Int

        /// The first block of every stage but the first halves height and width.
        var stride: Int { stage > 0 && index == 0 ? 2 : 1 }
        /// Whether its input is brought to the size and width of its output before it is added.
        var isProjected: Bool { stride != 1 || inputs != outputs }
    }

    /// All residual blocks, in the order of the features' way.
    var residualBlocks: [Block] {
        Self.widths.enumerated().flatMap { stage, outputs in
            (0..<depth.blocks[stage]).map { index in
                let inputs = index == 0 && stage > 0 ? Self.widths[stage - 1] : outputs
                return Block(stage: stage, index: index, inputs: inputs, outputs: outputs)
            }
        }
    }

    private static func outputSize(_ size: Int, kernel: Int, stride: Int, padding: Int) -> Int {
        (size + 2 * padding - kernel) / stride + 1
    }
}
