/// A model state as flat vectors: what rules of aggregation, codecs and clipping compute with.
///
/// Elements stand in the order of the tensors in the file. What training changes (`parameters`) is kept apart
/// from batch norm's running means and variances (`statistics`) and its numbers of batches (`counts`): one
/// can go along a direction in the parameters, while the others can only be averaged.
public struct ModelVector: Sendable, Hashable {
    /// Names, shapes and types of the tensors, in the order of the file.
    public let layout: [Safetensors.Declaration]
    /// What training changes.
    public var parameters: [Float]
    /// Running means and variances.
    public var statistics: [Float]
    /// Numbers of batches.
    public var counts: [Int64]

    /// Makes a vector from its parts.
    ///
    /// - Precondition: the parts are as long as the layout says.
    public init(
        layout: [Safetensors.Declaration], parameters: [Float], statistics: [Float] = [], counts: [Int64] = []
    ) {
        let sizes = Self.sizes(of: layout)
        precondition(
            sizes.parameters == parameters.count && sizes.statistics == statistics.count
                && sizes.counts == counts.count, "\(parameters.count) parameters do not fit their layout")
        self.layout = layout
        self.parameters = parameters
        self.statistics = statistics
        self.counts = counts
    }

    /// Decodes a safetensors file; errors call it `name`.
    ///
    /// - Throws: `SafetensorsError` where the bytes are no state of float32 parameters and statistics and
    ///   int64 counts.
    /// - Complexity: One pass over the state.
    public init(decoding bytes: [UInt8], name: String = "state") throws(SafetensorsError) {
        let file = try SafetensorsFile(bytes: bytes, name: name)
        layout = file.declarations
        let sizes = Self.sizes(of: layout)
        parameters = Array(repeating: 0, count: sizes.parameters)
        statistics = Array(repeating: 0, count: sizes.statistics)
        counts = Array(repeating: 0, count: sizes.counts)
        var starts = (parameters: 0, statistics: 0, counts: 0)
        for declaration in layout {
            let kind = declaration.part, expected: ElementType = kind == .counts ? .int64 : .float32
            guard declaration.type == expected else {
                throw .elementTypeMismatch(
                    file: name, tensor: declaration.name, expected: expected, found: declaration.type)
            }
            try file.withElements(of: declaration.name) { elements in
                switch kind {
                case .parameters: Self.copy(elements, to: &parameters, at: &starts.parameters)
                case .statistics: Self.copy(elements, to: &statistics, at: &starts.statistics)
                case .counts: Self.copy(elements, to: &counts, at: &starts.counts)
                }
            }
        }
    }

    /// The state as a safetensors file: the one that was decoded, where nothing was changed.
    ///
    /// - Complexity: One pass over the state.
    public func encoded(metadata: [String: String] = [:]) -> [UInt8] {
        var starts: [Int] = [], ends = (parameters: 0, statistics: 0, counts: 0)
        for declaration in layout {
            switch declaration.part {
            case .parameters: starts.append(Self.advance(&ends.parameters, declaration))
            case .statistics: starts.append(Self.advance(&ends.statistics, declaration))
            case .counts: starts.append(Self.advance(&ends.counts, declaration))
            }
        }
        return Safetensors.encode(layout, metadata: metadata) { index, _, bytes in
            switch layout[index].part {
            case .parameters: Self.copy(parameters, from: starts[index], to: bytes)
            case .statistics: Self.copy(statistics, from: starts[index], to: bytes)
            case .counts: Self.copy(counts, from: starts[index], to: bytes)
            }
        }
    }

    /// How many elements of each part a layout has.
    public static func sizes(
        of layout: [Safetensors.Declaration]
    ) -> (parameters: Int, statistics: Int, counts: Int) {
        func count(_ part: StatePart) -> Int {
            layout.reduce(0) { $0 + ($1.part == part ? $1.elementCount : 0) }
        }
        return (count(.parameters), count(.statistics), count(.counts))
    }

    private static func copy<Element>(
        _ elements: UnsafeRawBufferPointer, to target: inout [Element], at start: inout Int
    ) {
        let size = MemoryLayout<Element>.stride
        target.withUnsafeMutableBytes { bytes in
            UnsafeMutableRawBufferPointer(rebasing: bytes[(start * size)...]).copyMemory(from: elements)
        }
        start += elements.count / size
    }

    private static func copy<Element>(
        _ source: [Element], from start: Int, to bytes: UnsafeMutableRawBufferPointer
    ) {
        let first = start * MemoryLayout<Element>.stride
        source.withUnsafeBytes { elements in
            bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: elements[first..<first + bytes.count]))
        }
    }

    private static func advance(_ end: inout Int, _ declaration: Safetensors.Declaration) -> Int {
        defer { end += declaration.elementCount }
        return end
    }
}

/// What a tensor of a state is to federated methods.
public enum StatePart: Sendable {
    /// Training changes it.
    case parameters
    /// A running mean or variance of batch norm.
    case statistics
    /// A number of batches.
    case counts
}

extension Safetensors.Declaration {
    /// What the tensor is, by PyTorch's names.
    public var part: StatePart {
        if name.hasSuffix("num_batches_tracked") { return .counts }
        return name.hasSuffix("running_mean") || name.hasSuffix("running_var") ? .statistics : .parameters
    }
}
