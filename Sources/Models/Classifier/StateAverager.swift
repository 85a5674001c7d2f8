/// The weighted mean of encoded states, one or a few at a time: federated averaging (arXiv 1602.05629,
/// algorithm 1).
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
        try add([Term(file, weight: weight, statistics: statistics)])
    }

    /// A state of a sum.
    public struct Term {
        fileprivate let file: SafetensorsFile
        fileprivate let weight: Double
        fileprivate let statistics: Double

        /// - Parameters:
        ///   - file: a state.
        ///   - weight: of the parameters.
        ///   - statistics: of batch norm's statistics.
        /// - Precondition: both weights are finite, and `statistics` is not negative.
        public init(_ file: SafetensorsFile, weight: Double, statistics: Double) {
            precondition(
                weight.isFinite && statistics.isFinite && statistics >= 0,
                "a state of weight \(weight), statistics \(statistics)")
            self.file = file
            self.weight = weight
            self.statistics = statistics
        }
    }

    /// How many states are best added at once. More would be faster by little, and each holds its largest
    /// tensor in memory meanwhile.
    public static let groupSize = 4

    /// Adds states one after the other, with the bits that each alone would give: the sums, which are larger
    /// than any cache, are passed once for all of them.
    ///
    /// - Parameter terms: states; only read, and not kept.
    /// - Throws: `SafetensorsError` when one is no state or not one like the first; then nothing was added.
    /// - Complexity: One pass over each state, and one over the sums.
    public mutating func add(_ terms: [Term]) throws(SafetensorsError) {
        guard let first = terms.first else { return }
        if count == 0 {
            layout = first.file.declarations
            sums = Array(repeating: 0, count: layout.reduce(0) { $0 + $1.elementCount })
        }
        for term in terms { try check(term.file) }
        var start = 0
        for declaration in layout {
            let range = start..<start + declaration.elementCount
            let weights = terms.map { declaration.part == .parameters ? $0.weight : $0.statistics }
            try SafetensorsFile.withElements(of: declaration.name, in: terms.map(\.file)) { all in
                sums.withUnsafeMutableBufferPointer { sums in
                    Self.accumulate(all, declaration, weights, into: .init(rebasing: sums[range]))
                }
            }
            start = range.upperBound
        }
        count += terms.count
        for term in terms {
            totalWeight += term.weight
            totalStatistics += term.statistics
        }
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

    /// Elements of a block, whose sums stay in the processor's cache while state after state is added to it.
    private static let block = 8192

    private static func accumulate(
        _ states: [UnsafeRawBufferPointer], _ declaration: Safetensors.Declaration, _ weights: [Double],
        into sums: UnsafeMutableBufferPointer<Double>
    ) {
        let size = declaration.type.size
        for start in stride(from: 0, to: sums.count, by: block) {
            let range = start..<min(start + block, sums.count)
            for (elements, weight) in zip(states, weights) {
                let part = elements[range.lowerBound * size..<range.upperBound * size]
                accumulate(
                    .init(rebasing: part), declaration.type, weight, into: .init(rebasing: sums[range]))
            }
        }
    }

    private static func accumulate(
        _ elements: UnsafeRawBufferPointer, _ type: ElementType, _ weight: Double,
        into sums: UnsafeMutableBufferPointer<Double>
    ) {
        guard let elements = elements.baseAddress, let sum = sums.baseAddress else { return }
        // Through pointers: with a check of bounds, the compiler would add one element at a time.
        switch type {
        case .float32:
            for index in 0..<sums.count {
                let element = elements.loadUnaligned(fromByteOffset: 4 * index, as: Float.self)
                sum[index] += weight * Double(element)
            }
        case .int64:
            for index in 0..<sums.count {
                let element = elements.loadUnaligned(fromByteOffset: 8 * index, as: Int64.self)
                sum[index] += weight * Double(element)
            }
        case .float64, .float16, .bfloat16, .int32, .uint8, .bool:
            // No model here has such a state; libtorch knows how to convert each.
            let bytes = UnsafeRawBufferPointer(start: elements, count: sums.count * type.size)
            let tensor = Tensor(bytes: bytes, shape: [sums.count], type: type).to(.float64)
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
