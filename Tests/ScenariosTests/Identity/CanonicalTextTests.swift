import Foundation
import Scenarios
import Testing

/// The text that identities are hashes of. What is pinned here stands in users' files: it never changes.
@Suite("Canonical text")
struct CanonicalTextTests {
    @Test(
        "A real number is its shortest digits and a power of ten",
        arguments: [
            (0.01, "1e-2"), (0.9, "9e-1"), (7.5, "75e-1"), (1, "1e0"), (0, "0e0"), (-0.0, "-0e0"),
            (-2.5, "-25e-1"),
            (20_000_000, "2e7"), (0.1 + 0.2, "30000000000000004e-17"), (1e-4, "1e-4"), (1e16, "1e16"),
            (123_456.789, "123456789e-3"), (Double.leastNonzeroMagnitude, "5e-324"),
            (1.7976931348623157e308, "17976931348623157e292"),
            (Double.infinity, "\"inf\""), (-Double.infinity, "\"-inf\""), (Double.nan, "\"nan\""),
            (1.0 / 3, "3333333333333333e-16"), (100, "1e2"), (1e22, "1e22"),
            (9_007_199_254_740_992, "9007199254740992e0"),
        ] as [(Double, String)])
    func reals(value: Double, text: String) throws {
        #expect(CanonicalText.of(value) == text)
        let back = try CanonicalText.decode([Double].self, from: "[\(text)]")[0]
        #expect(back.bitPattern == value.bitPattern || back.isNaN && value.isNaN)
    }

    @Test("Numbers drawn over all magnitudes are read back to the last bit")
    func roundTrip() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            let back = try CanonicalText.decode([Double].self, from: "[\(CanonicalText.of(value))]")[0]
            #expect(back.bitPattern == value.bitPattern, "\(value)")
        }
    }

    private struct Inner: Codable, Equatable {
        var list: [Int]
        var flag: Bool
    }

    private struct Outer: Codable, Equatable {
        var zebra: UInt64
        var apple: String
        var absent: Int?
        var Bus: Inner
        var numbers: [Double]

        enum CodingKeys: String, CodingKey { case zebra, apple, absent, Bus, numbers = "a-numbers" }
    }

    @Test("Keys are in the order of their bytes, fields without a value are left out, texts are escaped")
    func structure() throws {
        let value = Outer(
            zebra: .max, apple: "a \"quote\", a \\, a\ttab,\na line, é and 🍎/", absent: nil,
            Bus: Inner(list: [], flag: true), numbers: [1, 0.5])
        let text = CanonicalText.of(value)
        #expect(
            text
                == #"{"Bus":{"flag":true,"list":[]},"a-numbers":[1e0,5e-1],"#
                + #""apple":"a \"quote\", a \\, a\u0009tab,\u000aa line, é and 🍎/","#
                + #""zebra":18446744073709551615}"#
        )
        #expect(try CanonicalText.decode(Outer.self, from: text) == value)
        #expect(CanonicalText.of([String: Int]()) == "{}")
        #expect(CanonicalText.of([Int]()) == "[]")
        #expect(CanonicalText.of(["b": 1, "a": 2, "é": 3, "B": 4]) == #"{"B":4,"a":2,"b":1,"é":3}"#)
    }

    @Test(
        "Indices are ranges in their order",
        arguments: [
            ([], ""), ([7], "7"), ([0, 1, 2, 3], "0-3"), ([0, 2, 3, 5], "0,2-3,5"),
            ([5, 5, 6, 1, 0], "5,5-6,1,0"),
        ] as [([Int], String)])
    func indices(indices: [Int], text: String) throws {
        #expect(CanonicalText.of(IndexList(indices)) == "\"\(text)\"")
        #expect(try CanonicalText.decode(IndexList.self, from: "\"\(text)\"").indices == indices)
    }

    @Test(
        "Texts that are no indices are refused",
        arguments: ["a", "3-1", "-1", "1-", "1--2", "1,,2", "0-9999999999", "1-2-3", " 1"])
    func foreignIndices(text: String) {
        #expect(throws: DecodingError.self) { try CanonicalText.decode(IndexList.self, from: "\"\(text)\"") }
    }
}
