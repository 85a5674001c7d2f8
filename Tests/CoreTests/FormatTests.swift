import Core
import Testing

@Suite("Numbers for people")
struct FormatTests {
    @Test("Bytes, times and ratios as people read them")
    func format() {
        #expect(Format.bytes(0) == "0 B")
        #expect(Format.bytes(1023) == "1023 B")
        #expect(Format.bytes(1024) == "1.00 KiB")
        #expect(Format.bytes(44_765_128) == "42.69 MiB")
        #expect(Format.bytes(1 << 40) == "1.00 TiB")
        #expect(Format.duration(0.25) == "0.2 s" || Format.duration(0.25) == "0.3 s")
        #expect(Format.duration(3600) == "60.0 min")
        #expect(Format.duration(0.027) == "27.0 ms" && Format.duration(0) == "0.0 s")
        #expect(Format.duration(36_000) == "10.0 h")
        #expect(Format.percent(0.8141) == "81.4 %")
        #expect(Format.ratio(195_488.2) == "195,000")
        #expect(Format.ratio(3.14159) == "3.14")
        #expect(Format.grouped(-1_234_567) == "-1,234,567")
        #expect(Format.grouped(12) == "12")
    }
}
