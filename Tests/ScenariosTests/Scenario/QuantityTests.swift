import Scenarios
import Testing

@Suite struct QuantityTests {
    @Test(
        "every unit has its exact ratio to the base unit",
        arguments: [
            // 1 byte = 8 bits; decimal prefixes are powers of 1000, binary ones of 1024.
            (QuantityKind.bandwidth, "8bps", 1.0), (.bandwidth, "8kbps", 1e3), (.bandwidth, "20Mbps", 2.5e6),
            (.bandwidth, "1Gbps", 125e6), (.bandwidth, "1Tbps", 125e9), (.bandwidth, "1Pbps", 125e12), (.bandwidth, "500kbps", 62_500),
            (.bandwidth, "3B/s", 3), (.bandwidth, "3kB/s", 3e3), (.bandwidth, "2.5MB/s", 2.5e6),
            (.bandwidth, "1GB/s", 1e9), (.bandwidth, "1KiB/s", 1024), (.bandwidth, "1MiB/s", 1_048_576),
            (.bandwidth, "1GiB/s", 1_073_741_824),
            (.duration, "7ns", 7e-9), (.duration, "250us", 250e-6), (.duration, "50ms", 0.05),
            (.duration, "2s", 2), (.duration, "1.5min", 90), (.duration, "2h", 7200),
            (.speed, "5FLOPS", 5), (.speed, "5kFLOPS", 5e3), (.speed, "5MFLOPS", 5e6),
            (.speed, "5GFLOPS", 5e9), (.speed, "0.5TFLOPS", 0.5e12), (.speed, "1PFLOPS", 1e15), (.speed, "1EFLOPS", 1e18),
            (.size, "5B", 5), (.size, "5kB", 5e3), (.size, "10MB", 10e6), (.size, "1GB", 1e9),
            (.size, "1TB", 1e12), (.size, "1KiB", 1024), (.size, "44MiB", 46_137_344),
            (.size, "1GiB", 1_073_741_824),
        ])
    func ratio(kind: QuantityKind, text: String, value: Double) throws {
        #expect(try kind.parse(text) == value)
    }

    @Test("every declared unit parses, alone and after a space")
    func everyUnit() throws {
        for kind in QuantityKind.allCases {
            for unit in kind.units {
                let value = try kind.parse("1\(unit.symbol)")
                #expect(value > 0)
                #expect(try kind.parse("1 \(unit.symbol)") == value)
                let thousand = try kind.parse("1e3\(unit.symbol)")
                #expect(abs(thousand / value - 1000) < 1e-9, "1e3\(unit.symbol)")
            }
        }
    }

    @Test(
        "a number may have a sign, a point and an exponent",
        arguments: [
            ("+2s", 2.0), ("-2s", -2), (".5s", 0.5), ("2.s", 2), ("2e3s", 2000), ("2E+3s", 2000),
            ("2e-3s", 0.002),
            ("0s", 0), ("2   s", 2),
        ])
    func numbers(text: String, value: Double) throws {
        #expect(try QuantityKind.duration.parse(text) == value)
    }

    @Test(
        "what is no number is refused",
        arguments: [
            "", "s", "fast", "nan s", "infs", "0x10s", "1_000s", "1,5s", "--1s", "1.2.3s", "1e400s", "٣s",
        ])
    func notANumber(text: String) {
        #expect(throws: QuantityError.self) { try QuantityKind.duration.parse(text) }
    }

    @Test("a number without a unit is refused as such", arguments: ["20", "20 ", "0", "-1.5", "1e3", "1e-3"])
    func noUnit(text: String) {
        for kind in QuantityKind.allCases {
            #expect(throws: QuantityError.noUnit) { try kind.parse(text) }
        }
    }

    @Test("an unknown unit is named, with the unit that was probably meant")
    func unknownUnit() {
        let expected: [(QuantityKind, String, String, String?)] = [
            (.bandwidth, "20Mpbs", "Mpbs", "Mbps"), (.bandwidth, "20Mb/s", "Mb/s", "Mbps"),
            (.bandwidth, "20ms", "ms", nil), (.duration, "20MS", "MS", "ms"), (.duration, "20d", "d", nil),
            (.speed, "1tflops", "tflops", "TFLOPS"), (.speed, "1TFLOP", "TFLOP", "TFLOPS"),
            (.size, "44mib", "mib", "MiB"), (.size, "44MiB/s", "MiB/s", nil), (.duration, "2e", "e", nil),
        ]
        for (kind, text, unit, suggestion) in expected {
            #expect(throws: QuantityError.unknownUnit(unit, suggestion: suggestion), "\(text)") {
                try kind.parse(text)
            }
        }
    }

    @Test("values print in the largest unit that keeps them exact")
    func printing() {
        #expect(QuantityKind.bandwidth.format(2.5e6) == "20Mbps")
        #expect(QuantityKind.bandwidth.format(125e6) == "1Gbps")
        #expect(QuantityKind.bandwidth.format(1) == "8bps")
        #expect(QuantityKind.duration.format(0.05) == "50ms")
        #expect(QuantityKind.duration.format(90) == "90s")
        #expect(QuantityKind.duration.format(0) == "0s")
        #expect(QuantityKind.speed.format(0.5e12) == "500GFLOPS")
        #expect(QuantityKind.size.format(10e6) == "10MB")
    }

    @Test("what is printed parses back to the same double, for 4,000 random values of all sizes")
    func roundTrip() throws {
        var generator = ScenarioTestGenerator(seed: 7)
        for kind in QuantityKind.allCases {
            for _ in 0..<1000 {
                let mantissa = Double.random(in: 1..<10, using: &generator)
                let value =
                    mantissa
                    * Double(
                        sign: .plus, exponent: Int.random(in: -40...60, using: &generator), significand: 1)
                #expect(try kind.parse(kind.format(value)) == value, "\(kind.format(value))")
            }
        }
    }
}
