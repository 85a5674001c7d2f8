import CTorch

/// Element types of tensors, with their names in safetensors files.
public enum ElementType: Int32, Sendable, CaseIterable {
    case float32, float64, float16, bfloat16, int64, int32, uint8, bool

    /// Bytes of one element.
    public var size: Int {
        switch self {
        case .float64, .int64: 8
        case .float32, .int32: 4
        case .float16, .bfloat16: 2
        case .uint8, .bool: 1
        }
    }
}

/// An n-dimensional array of libtorch, with its gradient where it has one.
///
/// A reference to shared storage: `detached()` and views (`reshape`, `narrow`, …) see the same memory. Not
/// `Sendable`: a tensor stays on the worker that made it, and what travels between threads is bytes.
///
/// Operators follow PyTorch's names and rules for shapes. A wrong shape or dtype is a programmer's error and
/// traps with libtorch's message.
public final class Tensor {
    let handle: ct_tensor

    init(owning handle: ct_tensor) {
        precondition(handle.pointer != nil, "a tensor without a handle")
        self.handle = handle
    }

    deinit { ct_free(handle) }

    /// Sizes of the axes, outermost first.
    public var shape: [Int] {
        var rank: Int32 = 0
        check(ct_rank(handle, &rank))
        var sizes = [Int64](repeating: 0, count: Int(rank))
        check(ct_shape(handle, &sizes, rank))
        return sizes.map(Int.init)
    }

    /// The number of elements.
    public var count: Int { shape.reduce(1, *) }

    /// The element type.
    public var elementType: ElementType {
        var code: Int32 = 0
        check(ct_dtype(handle, &code))
        return ElementType(rawValue: code)!
    }
}

// MARK: - Making tensors

extension Tensor {
    /// All elements `value`.
    public static func full(_ shape: [Int], _ value: Double, _ type: ElementType = .float32) -> Tensor {
        shape.withInt64 { sizes, rank in make { ct_full(sizes, rank, value, type.rawValue, $0) } }
    }

    public static func zeros(_ shape: [Int], _ type: ElementType = .float32) -> Tensor {
        full(shape, 0, type)
    }

    /// Zeros that cost no memory before they are written: what weights are until they are loaded.
    static func untouchedZeros(_ shape: [Int], _ type: ElementType = .float32) -> Tensor {
        shape.withInt64 { sizes, rank in make { ct_zeros(sizes, rank, type.rawValue, $0) } }
    }
    public static func ones(_ shape: [Int], _ type: ElementType = .float32) -> Tensor { full(shape, 1, type) }

    /// `start`, `start + step`, … below `end`.
    public static func arange(
        _ start: Double, _ end: Double, step: Double = 1, _ type: ElementType = .float32
    ) -> Tensor {
        make { ct_arange(start, end, step, type.rawValue, $0) }
    }

    /// Standard normal float32.
    public static func randomNormal(_ shape: [Int], using generator: TensorGenerator) -> Tensor {
        shape.withInt64 { sizes, rank in make { ct_randn(sizes, rank, generator.handle, $0) } }
    }

    /// Uniform float32 in [0, 1).
    public static func randomUniform(_ shape: [Int], using generator: TensorGenerator) -> Tensor {
        shape.withInt64 { sizes, rank in make { ct_rand(sizes, rank, generator.handle, $0) } }
    }

    /// Images as float32 in −1…1, `[count, 3, side, side]`: a byte b becomes b / 127.5 − 1.
    ///
    /// - Precondition: `pixels` are `count` planar images.
    static func images(pixels: UnsafeRawBufferPointer, count: Int, side: Int) -> Tensor {
        Tensor(bytes: pixels, shape: [count, 3, side, side], type: .uint8).to(.float32) * (1 / 127.5) - 1
    }

    /// A copy of row-major bytes.
    ///
    /// - Precondition: `bytes.count` is the product of `shape` times the element's size.
    public convenience init(bytes: UnsafeRawBufferPointer, shape: [Int], type: ElementType) {
        var handle = ct_tensor()
        let status = shape.withInt64 { sizes, rank in
            ct_from_bytes(bytes.baseAddress, bytes.count, sizes, rank, type.rawValue, &handle)
        }
        check(status)
        self.init(owning: handle)
    }

    /// Row-major elements in the memory of `owner`, which lives as long as the tensor and its views; nil
    /// where the caller sees to that.
    ///
    /// - Precondition: `bytes.count` is the product of `shape` times the element's size, and the memory may
    ///   be written.
    convenience init(
        lentBytes bytes: UnsafeMutableRawBufferPointer, shape: [Int], type: ElementType, owner: AnyObject?
    ) {
        var handle = ct_tensor()
        let lease = owner.map { Unmanaged.passRetained($0).toOpaque() }
        let status = shape.withInt64 { sizes, rank in
            ct_from_memory(
                bytes.baseAddress, bytes.count, sizes, rank, type.rawValue,
                { owner in
                    if let owner { Unmanaged<AnyObject>.fromOpaque(owner).release() }
                }, lease, &handle)
        }
        check(status)
        self.init(owning: handle)
    }

    /// A float32 tensor of row-major values; without a shape, of one axis.
    public convenience init(_ values: [Float], shape: [Int]? = nil) {
        let handle = values.withUnsafeBytes { Tensor.handle($0, shape ?? [values.count], .float32) }
        self.init(owning: handle)
    }

    /// An int64 tensor of row-major values, as indices and targets are; without a shape, of one axis.
    public convenience init(indices values: [Int64], shape: [Int]? = nil) {
        let handle = values.withUnsafeBytes { Tensor.handle($0, shape ?? [values.count], .int64) }
        self.init(owning: handle)
    }

    private static func handle(_ bytes: UnsafeRawBufferPointer, _ shape: [Int], _ type: ElementType)
        -> ct_tensor
    {
        var handle = ct_tensor()
        shape.withInt64 { sizes, rank in
            check(ct_from_bytes(bytes.baseAddress, bytes.count, sizes, rank, type.rawValue, &handle))
        }
        return handle
    }
}

// MARK: - Reading tensors

extension Tensor {
    /// Row-major elements as float32.
    public var floats: [Float] {
        let source = to(.float32)
        return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            source.copyBytes(to: UnsafeMutableRawBufferPointer(buffer))
            initialized = buffer.count
        }
    }

    /// Row-major elements as int64.
    public var integers: [Int64] {
        let source = to(.int64)
        return [Int64](unsafeUninitializedCapacity: count) { buffer, initialized in
            source.copyBytes(to: UnsafeMutableRawBufferPointer(buffer))
            initialized = buffer.count
        }
    }

    /// Copies the row-major elements in their own type.
    ///
    /// - Precondition: `destination.count` is exact.
    public func copyBytes(to destination: UnsafeMutableRawBufferPointer) {
        check(ct_copy_bytes(handle, destination.baseAddress, destination.count))
    }

    /// The value of a tensor of one element.
    public var item: Double {
        var value = 0.0
        check(ct_item(handle, &value))
        return value
    }
}

// MARK: - Gradients

extension Tensor {
    /// Marks this tensor as a leaf whose gradient is wanted, or not.
    @discardableResult
    public func requiresGradient(_ enabled: Bool = true) -> Tensor {
        check(ct_set_requires_grad(handle, enabled))
        return self
    }

    /// Accumulates the gradients of this one-element tensor into the leaves it depends on.
    public func backward(file: StaticString = #fileID, line: UInt = #line) {
        check(ct_backward(handle), file: file, line: line)
    }

    /// The gradient accumulated so far.
    public var gradient: Tensor? {
        var result = ct_tensor()
        check(ct_grad(handle, &result))
        return result.pointer == nil ? nil : Tensor(owning: result)
    }

    /// Makes this tensor and every layer that holds it use the memory of `source`.
    ///
    /// - Precondition: shape and element type agree.
    func adoptMemory(of source: Tensor, file: StaticString = #fileID, line: UInt = #line) {
        check(ct_set_data(handle, source.handle), file: file, line: line)
    }

    /// The same memory, outside the graph.
    public func detached() -> Tensor { make { ct_detach(handle, $0) } }
}

/// The state of a random number generator for tensors (Mersenne Twister, as PyTorch's on the CPU).
public final class TensorGenerator {
    let handle: ct_generator

    /// A generator whose draws depend on `seed` alone.
    public init(seed: UInt64) {
        var handle = ct_generator()
        check(ct_generator_new(seed, &handle))
        self.handle = handle
    }

    deinit { ct_generator_free(handle) }
}
