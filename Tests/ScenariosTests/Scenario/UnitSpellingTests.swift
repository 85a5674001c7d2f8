import Scenarios
import Testing

/// Units as SimGrid's platform files, tc and textbooks write them: a suggestion is of the very same size, or
/// there is none.
@Suite struct UnitSpellingTests {
    private func suggestion(_ kind: QuantityKind, _ unit: String) -> String? {
        do throws(QuantityError) {
            _ = try kind.parse("20\(unit)")
            return "(allowed)"
        } catch {
            if case .unknownUnit(_, let suggestion) = error { return suggestion }
            return "(\(error))"
        }
    }

    @Test(
        "bandwidths",
        arguments: [
            // SimGrid: B is byte, b is bit.
            ("MBps", "MB/s"), ("GBps", "GB/s"), ("KBps", "kB/s"), ("kBps", "kB/s"), ("Bps", "B/s"),
            ("MiBps", "MiB/s"),
            ("KiBps", "KiB/s"), ("GiBps", "GiB/s"), ("Kbps", "kbps"), ("Mibps", nil), ("Kibps", nil),
            ("TBps", nil),
            // tc: bit is spelled out, and mbps is megabytes a second.
            ("bit", "bps"), ("kbit", "kbps"), ("Kbit", "kbps"), ("mbit", "Mbps"), ("Mbit", "Mbps"),
            ("gbit", "Gbps"),
            ("Gbit", "Gbps"), ("tbit", "Tbps"), ("kibit", nil), ("mibit", nil),
            ("mbps", "Mbps (bits) or MB/s (bytes)"), ("gbps", "Gbps (bits) or GB/s (bytes)"),
            ("MBPS", "Mbps (bits) or MB/s (bytes)"), ("KBPS", "kbps (bits) or kB/s (bytes)"),
            // Textbooks.
            ("Mbit/s", "Mbps"), ("Mb/s", "Mbps"), ("Gb/s", "Gbps"), ("kbit/s", "kbps"), ("bit/s", "bps"),
            ("b/s", "bps"),
            ("Mbits/s", "Mbps"), ("Mbits/sec", "Mbps"), ("Mbytes/s", "MB/s"), ("MByte/s", "MB/s"),
            ("MB/sec", "MB/s"),
            ("KB/s", "kB/s"), ("mb/s", "Mbps (bits) or MB/s (bytes)"), ("MB/S", "MB/s"), ("Mib/s", nil),
            ("megabits per second", "Mbps"), ("megabytes per second", "MB/s"), ("mebibytes/s", "MiB/s"),
            // iperf, whose kilobytes have 1024.
            ("KBytes/sec", "KiB/s or kB/s"), ("MBytes/sec", "MiB/s or MB/s"), ("GBytes/sec", "GiB/s or GB/s"),
            ("MBytes/s", "MiB/s or MB/s"), ("Mbits/sec", "Mbps"), ("MBytes", nil),
            // Amounts, times, speeds, and nothing.
            ("MB", nil), ("Mb", nil), ("ms", nil), ("GFLOPS", nil), ("Ebps", nil), ("Zbps", nil),
            ("furlongs", nil),
            ("Mpbs", "Mbps"), ("Gpbs", "Gbps"),
        ] as [(String, String?)])
    func bandwidths(unit: String, expected: String?) {
        #expect(suggestion(.bandwidth, unit) == expected, "\(unit)")
    }

    @Test(
        "speeds",
        arguments: [
            ("GFLOPs", "GFLOPS"), ("Gflops", "GFLOPS"), ("gflops", "GFLOPS"), ("Gflop/s", "GFLOPS"),
            ("GFLOP/s", "GFLOPS"),
            ("GFlop", "GFLOPS"), ("Gf", "GFLOPS"), ("GF", "GFLOPS"), ("TF/s", "TFLOPS"), ("mflops", "MFLOPS"),
            ("KFLOPS", "kFLOPS"),
            ("flops", "FLOPS"), ("eflops", "EFLOPS"), ("EF", "EFLOPS"), ("ZFLOPS", nil), ("ExaFLOPS", nil),
            ("GHz", nil),
            ("MIPS", nil), ("TOPS", nil), ("GFPS", nil),
        ] as [(String, String?)])
    func speeds(unit: String, expected: String?) {
        #expect(suggestion(.speed, unit) == expected, "\(unit)")
    }

    @Test(
        "times",
        arguments: [
            ("msec", "ms"), ("sec", "s"), ("secs", "s"), ("seconds", "s"), ("minutes", "min"),
            ("mins", "min"), ("usec", "us"),
            ("µs", "us"), ("μs", "us"), ("hours", "h"), ("hr", "h"), ("MS", "ms"), ("nanoseconds", "ns"),
            ("Ms", nil), ("m", nil),
            ("M", nil), ("d", nil), ("days", nil), ("w", nil), ("ps", nil),
        ] as [(String, String?)])
    func times(unit: String, expected: String?) {
        #expect(suggestion(.duration, unit) == expected, "\(unit)")
    }

    @Test(
        "sizes",
        arguments: [
            ("KB", "kB"), ("bytes", "B"), ("Mbytes", "MB"), ("mib", "MiB"), ("KIB", "KiB"),
            ("megabytes", "MB"), ("kb", nil),
            ("Mb", nil), ("Mbit", nil), ("K", nil), ("M", nil), ("MiB/s", nil), ("PB", nil),
            ("KBytes", "KiB or kB"), ("MBytes", "MiB or MB"), ("GBytes", "GiB or GB"), ("MBytes/sec", nil),
        ] as [(String, String?)])
    func sizes(unit: String, expected: String?) {
        #expect(suggestion(.size, unit) == expected, "\(unit)")
    }
}
