/// The weighted mean of encoded states, one at a time: federated averaging (arXiv 1602.05629, algorithm 1).
///
/// Holds one float64 accumulator, however many states are added. The mean of equal states is that state, bit
/// for bit (with equal weights up to 2²⁴ of them). Integers, batch norm's counts, are averaged and rounded.
public struct StateAverager: Sendable {
    /// States added so far.
    public private(set) var count = 0
    private var totalWeight = 0.0
    private var totalStatistics = 0.0
    private var layout: [Safetensors.Declaration] = []
    /// Weighted sums of the elements of all tensors, in the order of `layout`.
    private var sums: [Double] = []

    public init() {}

    /// Adds `state`, a safetensors file; errors call it `name`. The first one decides names, shapes and
    /// types.
    ///
    /// - Throws: `SafetensorsError` when the bytes are no state or not one like the first.
    /// - Precondition: `weight` is positive and finite.
    /// - Complexity: One pass over the state.
    public mutating func add(
        _ state: [UInt8], weight: Double, name: String = "state"
    ) throws(SafetensorsError) {
        precondition(weight > 0 && weight.isFinite, "a state of weight \(weight)")
        try add(state, weight: weight, statistics: weight, name: name)
    }

    /// Adds `state` to a sum in which the parameters may also be subtracted, and batch norm's statistics —
    /// its running means and variances and its counts — have a weight of their own, never negative.
    ///
    /// - Throws: `SafetensorsError` when the bytes are no state or not one like the first.
    /// - Precondition: both weights are finite, and `statistics` is not negative.
    public mutating func add(
        _ state: [UInt8], weight: Double, statistics: Double, name: String = "state"
    ) throws(SafetensorsError) {
        try add(SafetensorsFile(bytes: state, name: name), weight: weight, statistics: statistics)
    }

    /// As above, of a file.
    ///
    /// - Parameters:
    ///   - file: a state; only read, and not kept.
    ///   - weight: of the parameters, finite.
    ///   - statistics: of batch norm's statistics, finite and not negative.
    /// - Throws: `SafetensorsError` when it is no state or not one like the first.
    public mutating func add(
        _ file: SafetensorsFile, weight: Double, statistics: Double
    ) throws(SafetensorsError) {
        precondition(
            weight.isFinite && statistics.isFinite && statistics >= 0,
            "a state of weight \(weight), statistics \(statistics)")
        if count == 0 {
            layout = file.declarations
            sums = Array(repeating: 0, count: layout.reduce(0) { $0 + $1.elementCount })
        } else {
            try check(file)
        }
        var start = 0
        for declaration in layout {
            let range = start..<start + declaration.elementCount
            let weight = declaration.part == .parameters ? weight : statistics
            try file.withElements(of: declaration.name) { elements in
                sums.withUnsafeMutableBufferPointer { sums in
                    Self.accumulate(elements, declaration, weight, into: .init(rebasing: sums[range]))
                }
            }
            start = range.upperBound
        }
        count += 1
        totalWeight += weight
        totalStatistics += statistics
    }

    /// The mean of the states, encoded as they were.
    ///
    /// - Precondition: a state was added, and the weights of each kind add up to more than 0.
    public func encodedMean() -> [UInt8] {
        precondition(count > 0, "the mean of no state")
        precondition(
            totalWeight > 0 && (totalStatistics > 0 || layout.allSatisfy { $0.part == .parameters }),
            "weights that add up to \(totalWeight), statistics \(totalStatistics)")
        var starts: [Int] = [0]
        for declaration in layout { starts.append(starts.last! + declaration.elementCount) }
        return sums.withUnsafeBufferPointer { sums in
            Safetensors.encode(layout) { index, type, bytes in
                let part = UnsafeBufferPointer(rebasing: sums[starts[index]..<starts[index + 1]])
                let total = layout[index].part == .parameters ? totalWeight : totalStatistics
                Self.write(part, dividedBy: total, as: type, shape: layout[index].shape, to: bytes)
            }
        }
    }

    private func check(_ file: SafetensorsFile) throws(SafetensorsError) {
        for declaration in layout {
            guard let found = file.shape(of: declaration.name) else {
                throw .missingTensor(file: file.file, tensor: declaration.name)
            }
            guard found == declaration.shape else {
                throw .shapeMismatch(
                    file: file.file, tensor: declaration.name, expected: declaration.shape, found: found)
            }
            guard let type = file.elementType(of: declaration.name), type == declaration.type else {
                throw .elementTypeMismatch(
                    file: file.file, tensor: declaration.name, expected: declaration.type,
                    found: file.elementType(of: declaration.name) ?? declaration.type)
            }
        }
        let known = Set(layout.map(\.name))
        let unknown = file.names.filter { !known.contains($0) }
        if let first = unknown.first {
            throw .unexpectedTensor(file: file.file, tensor: first, count: unknown.count)
        }
    }

    private static func accumulate(
        _ elements: UnsafeRawBufferPointer, _ declaration: Safetensors.Declaration, _ weight: Double,
        into sums: UnsafeMutableBufferPointer<Double>
    ) {
        switch declaration.type {
        case .float32:
            for index in sums.indices {
                let element = elements.loadUnaligned(fromByteOffset: 4 * index, as: Float.self)
                sums[index] += weight * Double(element)
            }
        case .int64:
            for index in sums.indices {
                let element = elements.loadUnaligned(fromByteOffset: 8 * index, as: Int64.self)
                sums[index] += weight * Double(element)
            }
        case .float64, .float16, .bfloat16, .int32, .uint8, .bool:
            // No model here has such a state; libtorch knows how to convert each.
            let stored = Tensor(bytes: elements, shape: declaration.shape, type: declaration.type)
            let tensor = stored.to(.float64)
            withUnsafeTemporaryAllocation(of: Double.self, capacity: sums.count) { values in
                tensor.copyBytes(to: UnsafeMutableRawBufferPointer(values))
                for index in sums.indices { sums[index] += weight * values[index] }
            }
        }
    }

    private static func write(
        _ sums: UnsafeBufferPointer<Double>, dividedBy total: Double, as type: ElementType, shape: [Int],
        to bytes: UnsafeMutableRawBufferPointer
    ) {
        switch type {
        case .float32:
            for index in sums.indices {
                bytes.storeBytes(of: Float(sums[index] / total), toByteOffset: 4 * index, as: Float.self)
            }
        case .int64:
            for index in sums.indices {
                let mean = Int64((sums[index] / total).rounded())
                bytes.storeBytes(of: mean, toByteOffset: 8 * index, as: Int64.self)
            }
        case .float64, .float16, .bfloat16, .int32, .uint8, .bool:
            let means = sums.map { type.isFloatingPoint ? $0 / total : ($0 / total).rounded() }
            let tensor = means.withUnsafeBytes { Tensor(bytes: $0, shape: shape, type: .float64) }
            tensor.to(type).copyBytes(to: bytes)
        }
    }
}
