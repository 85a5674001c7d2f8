import CTorch
import Foundation

/// The library under the tensors: its version, its threads, its modes.
///
/// Modes belong to the calling thread. A worker sets them once, before its first tensor.
public enum Torch {
    /// libtorch's version, `1.13.1` for Debian 12's, or `missing`; told without loading it.
    public static var version: String {
        let version = String(cString: ct_version())
        return version.isEmpty ? "missing" : version
    }

    /// What computes products under libtorch: `OpenBLAS 0.3.21 as SkylakeX`, and what was tried before and
    /// taken back, where wider kernels compute wrong on this processor; `nil` where libtorch brings a BLAS of
    /// its own.
    ///
    /// They are the widest that the processor has, unless `FGL_OPENBLAS_CORETYPE` names others.
    /// `OPENBLAS_CORETYPE` has no effect: bits depend on the program and the processor, and on nothing
    /// unsaid. Takes some milliseconds the first time, in which the BLAS is loaded and a few products are
    /// compared with plain loops; libtorch is not loaded.
    public static var kernels: String? { ct_kernels().map { String(cString: $0) } }

    /// The vector extensions of libtorch's own kernels: `avx512`, `avx2` or `default`; the widest that the
    /// processor has, unless `FGL_ATEN_CPU_CAPABILITY` names others. `ATEN_CPU_CAPABILITY` has no effect, for
    /// the same reason.
    public static var capability: String { String(cString: ct_capability()) }

    /// The kernels of OpenBLAS that this processor can run, widest first, as `FGL_OPENBLAS_CORETYPE` takes
    /// them.
    package static var processorKernels: [String] {
        var names = [UnsafePointer<CChar>?](repeating: nil, count: 8)
        let count = Int(ct_processor_kernels(&names, Int32(names.count)))
        return names.prefix(count).compactMap { $0.map { String(cString: $0) } }
    }

    /// Prepares the process: which kernels are to compute, and that freed memory is kept (see
    /// `ct_keep_freed_memory`). A program calls it before it starts threads; libtorch is not loaded for it.
    public static func prepareProcess() {
        ct_choose_kernels()
        keepFreedMemory()
    }

    /// Whether libtorch is in memory.
    public static var isLoaded: Bool { ct_is_loaded() }

    /// Loads libtorch, which takes some tenths of a second, unless that was done.
    ///
    /// The first tensor does it too; but where libtorch is missing, that is a trap, and here an error. So is
    /// a system that does not make the threads of libtorch's pool, for which libtorch would wait for ever.
    ///
    /// - Throws: `TorchError.unavailable`.
    public static func load() throws(TorchError) {
        try require(ct_load())
        try require(ct_require_threads())
    }

    private static func require(_ status: ct_status) throws(TorchError) {
        if status.code != Int32(CT_OK) { throw unavailable(status) }
    }

    /// The error of a status with which libtorch cannot be used.
    private static func unavailable(_ status: ct_status) -> TorchError {
        let obstacle: TorchError.Obstacle =
            switch Int(status.code) {
            case Int(CT_OTHER_VERSION): .otherVersion
            case Int(CT_BAD_VARIABLE): .variable
            case Int(CT_NO_THREADS): .threads
            default: .missing
            }
        return .unavailable(reason: String(cString: ct_last_error()), obstacle: obstacle)
    }

    /// Prepares the calling thread for computing: `threads` per operator.
    ///
    /// One thread per worker makes results independent of how many workers there are. Where the system makes
    /// no more threads, the process ends with one sentence, as where it has no more memory.
    public static func prepareThread(threads: Int = 1) {
        let status = ct_set_thread_count(Int32(threads))
        if status.code == Int32(CT_NO_THREADS) { end(with: unavailable(status)) }
        check(status)
        keepFreedMemory()
    }

    /// Ends the process: its callers have no way out.
    private static func end(with error: TorchError) -> Never {
        try? FileHandle.standardError.write(contentsOf: Data("fgl-sim: \(error)\n".utf8))
        // Not by `exit`: libtorch must not be unloaded under other threads. The code is `memory_guard`'s.
        _exit(74)
    }

    private static func keepFreedMemory() { ct_keep_freed_memory(512 << 20) }

    /// Runs `body` with denormals flushed to zero on this thread, since weights that decay to denormals cost
    /// tenfold. Only while it runs: other code of the thread reads and writes tiny numbers as they are.
    ///
    /// Not to be nested. Where libtorch is not there, `body` runs as it is.
    public static func flushingDenormals<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard (try? load()) != nil else { return try body() }
        check(ct_set_flush_denormal(true))
        defer { check(ct_set_flush_denormal(false)) }
        return try body()
    }

    /// Runs `body` without recording a graph for gradients.
    public static func withoutGradients<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var previous = false
        check(ct_set_grad_enabled(false, &previous))
        defer { check(ct_set_grad_enabled(previous, nil)) }
        return try body()
    }

    /// Runs `body` with convolutions and matrix products in bfloat16 where `enabled`.
    public static func withAutocast<Result>(_ enabled: Bool = true, _ body: () throws -> Result) rethrows
        -> Result
    {
        try withAutocast(to: enabled ? .bfloat16 : nil, body)
    }

    /// Runs `body` with convolutions and matrix products in a type of 16 bits; nil leaves them as they are.
    public static func withAutocast<Result>(
        to type: ElementType?, _ body: () throws -> Result
    ) rethrows -> Result {
        guard let type else { return try body() }
        check(ct_set_autocast(type.rawValue, true))
        defer { check(ct_set_autocast(type.rawValue, false)) }
        return try body()
    }
}

/// Traps with libtorch's own words where a call failed: a wrong shape or dtype is a programmer's error.
///
/// Every call of the shim goes through here or through `checkMemory`.
func check(_ status: ct_status, file: StaticString = #fileID, line: UInt = #line) {
    if status.code != Int32(CT_OK) {
        fatalError("libtorch: \(String(cString: ct_last_error()))", file: file, line: line)
    }
}

/// Runs a call of the shim that hands out a tensor, and takes ownership of it.
func make(
    file: StaticString = #fileID, line: UInt = #line, _ call: (UnsafeMutablePointer<ct_tensor>) -> ct_status
) -> Tensor {
    var handle = ct_tensor()
    check(call(&handle), file: file, line: line)
    return Tensor(owning: handle)
}

extension Array where Element == Tensor {
    /// Lends the handles to a list function of the shim.
    func withHandles<Result>(_ body: (UnsafePointer<ct_tensor>, Int32) -> Result) -> Result {
        let handles = map(\.handle)
        return withExtendedLifetime(self) {
            handles.withUnsafeBufferPointer { body($0.baseAddress ?? Self.none, Int32(count)) }
        }
    }

    /// What an empty list points at; never read.
    private static var none: UnsafePointer<ct_tensor> { UnsafePointer(bitPattern: 8)! }
}

extension Array where Element == Tensor? {
    /// Lends the handles to a list function of the shim, NULL where there is no tensor.
    func withHandles<Result>(_ body: (UnsafePointer<ct_tensor>, Int32) -> Result) -> Result {
        let handles = map { $0?.handle ?? ct_tensor() }
        return withExtendedLifetime(self) {
            handles.withUnsafeBufferPointer {
                body($0.baseAddress ?? UnsafePointer(bitPattern: 8)!, Int32(count))
            }
        }
    }
}

extension Array where Element == Int {
    /// Lends a shape or a list of axes to the shim.
    func withInt64<Result>(_ body: (UnsafePointer<Int64>, Int32) -> Result) -> Result {
        withUnsafeTemporaryAllocation(of: Int64.self, capacity: Swift.max(count, 1)) { buffer in
            for index in indices { buffer[index] = Int64(self[index]) }
            return body(UnsafePointer(buffer.baseAddress!), Int32(count))
        }
    }
}
