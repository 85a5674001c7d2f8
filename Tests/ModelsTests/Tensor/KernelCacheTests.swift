import Foundation
import Models
import Testing

/// What oneDNN keeps of kernels that it has made.
@Suite("Kernel cache")
struct KernelCacheTests {
    /// What oneDNN says of it. A libtorch that brings its own oneDNN shows none of it.
    private static var symbol: UnsafeMutableRawPointer? {
        try? Torch.load()
        return dlsym(nil, "dnnl_get_primitive_cache_capacity")
    }

    @Test(
        "has room for more shapes than a process has, so that no kernel is made anew",
        .enabled(if: symbol != nil))
    func capacity() throws {
        let symbol = try #require(Self.symbol)
        typealias Get = @convention(c) (UnsafeMutablePointer<Int32>) -> Int32
        var capacity: Int32 = 0
        #expect(unsafeBitCast(symbol, to: Get.self)(&capacity) == 0)
        let environment = ProcessInfo.processInfo.environment
        let chosen =
            environment["ONEDNN_PRIMITIVE_CACHE_CAPACITY"] ?? environment["DNNL_PRIMITIVE_CACHE_CAPACITY"]
        #expect(capacity == chosen.flatMap { Int32($0) } && (chosen != nil))
        #expect(capacity >= 16384)
    }
}
