import Models
import Testing

@Suite("Tiny numbers beside libtorch")
struct DenormalTests {
    /// Not known to the compiler, so that the processor divides in the mode that the thread is in.
    @inline(never)
    private func half(_ value: Double) -> Double { value / 2 }

    @Test("they are zero while a body flushes them, and themselves afterwards, also after an error")
    func scope() throws {
        struct Stop: Error {}
        let least = Double.leastNormalMagnitude
        #expect(Torch.flushingDenormals { half(least) }.bitPattern == 0)
        #expect(half(least).bitPattern == 1 << 51)
        #expect(throws: Stop.self) { try Torch.flushingDenormals { throw Stop() } }
        #expect(half(least).bitPattern == 1 << 51)
    }

    @Test("a prepared thread reads and writes them as they are")
    func preparedThread() {
        Torch.prepareThread()
        #expect(half(.leastNormalMagnitude).bitPattern == 1 << 51)
        #expect(Double("5e-324")?.bitPattern == 1)
    }
}
