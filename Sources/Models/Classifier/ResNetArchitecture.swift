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
        var inputs = Self.widths[0]
        for (stage, outputs) in Self.widths.enumerated() {
            for block in 0..<depth.blocks[stage] {
                let stride = Self.stride(stage: stage, block: block)
                size = Self.outputSize(size, kernel: 3, stride: stride, padding: 1)
                multiplyAdds += (inputs + outputs) * outputs * 9 * size * size
                if stride != 1 { multiplyAdds += inputs * outputs * size * size }
                inputs = outputs
            }
        }
        return 2 * (multiplyAdds + inputs * classes)
    }

    /// Floating-point operations of one training step, per image: the backward pass costs twice the forward
    /// one, as it makes the gradients of inputs and of weights.
    public func trainingOperations(side: Int) -> Int { 3 * forwardOperations(side: side) }

    /// Trainable scalars: convolutions, batch norm's scales and shifts, the last layer with its bias.
    public var parameterCount: Int {
        var count = Self.widths[0] * (3 * Self.stemKernel * Self.stemKernel + 2)
        var inputs = Self.widths[0]
        for (stage, outputs) in Self.widths.enumerated() {
            for block in 0..<depth.blocks[stage] {
                count += (inputs + outputs) * outputs * 9 + 4 * outputs
                if Self.stride(stage: stage, block: block) != 1 { count += inputs * outputs + 2 * outputs }
                inputs = outputs
            }
        }
        return count + (inputs + 1) * classes
    }

    /// The first block of every stage but the first halves height and width.
    static func stride(stage: Int, block: Int) -> Int { stage > 0 && block == 0 ? 2 : 1 }

    private static func outputSize(_ size: Int, kernel: Int, stride: Int, padding: Int) -> Int {
        (size + 2 * padding - kernel) / stride + 1
    }
}
