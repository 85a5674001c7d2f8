import Models
import Testing

@Suite("JSON of checkpoints")
struct JSONReaderTests {
    @Test("values are those of Python's json")
    func values() throws {
        let text = """
            {"a": [1, -2.5e3, 0, -0.0, 1E-2, 1e999], "b": {"c": null}, "d": true, "e": false, "é": \
            "\\u00e9\\n\\"\\\\/\\ud83d\\ude00",
             "f": -Infinity, "g": Infinity, "twice": 1, "twice": 2, "h": [], "i": {}, "j": "\\ud800"}
            """
        let value = try JSONReader.value(of: Array(text.utf8))
        #expect(
            value
                == .object([
                    "a": .array([1, -2500, 0, 0, 0.01, .infinity].map { .number($0) }),
                    "b": .object(["c": .null]),
                    "d": .bool(true), "e": .bool(false), "é": .string("é\n\"\\/😀"), "f": .number(-.infinity),
                    "g": .number(.infinity), "twice": .number(2), "h": .array([]), "i": .object([:]),
                    "j": .string("\u{FFFD}"),
                ]))
        guard case .number(let number) = try JSONReader.value(of: Array("NaN".utf8)) else {
            Issue.record("NaN is no number")
            return
        }
        #expect(number.isNaN)
        #expect(try JSONReader.value(of: Array("\u{FEFF}\r\n[7]\r\n".utf8)) == .array([.number(7)]))
    }

    @Test(
        "what is no JSON is told with its place",
        arguments: [
            ("", 1, 1), ("{", 1, 2), ("{\"a\": 1,\n ,\n}", 2, 2), ("{\"a\": 1,\n}", 2, 1), ("[1 2]", 1, 4),
            ("{\"a\" 1}", 1, 6), ("{a: 1}", 1, 2), ("[01]", 1, 3), ("[1.]", 1, 4), ("[-]", 1, 3),
            ("[+1]", 1, 2),
            ("\"a\nb\"", 1, 3), ("\"a", 1, 3), ("\"\\x\"", 1, 3), ("\"\\u12\"", 1, 4), ("[tru]", 1, 2),
            ("[1]]", 1, 4),
            ("{\"é\": x}", 1, 7), ("[1,]", 1, 4), ("nul", 1, 1), ("'a'", 1, 1), ("{\"a\": 1e}", 1, 9),
        ])
    func faults(text: String, line: Int, column: Int) {
        let failure = #expect(throws: JSONReader.Failure.self) { try JSONReader.value(of: Array(text.utf8)) }
        #expect(failure?.line == line && failure?.column == column, "\(String(describing: failure))")
    }

    @Test(
        "UTF-16 is refused as what it is, with its mark and without",
        arguments: [[0xFF, 0xFE], [0xFE, 0xFF], []] as [[UInt8]], [true, false])
    func wide(mark: [UInt8], isLittle: Bool) {
        let bytes = "{\"a\": 1}".utf16.flatMap { unit in
            let pair = [UInt8(unit & 0xFF), UInt8(unit >> 8)]
            return isLittle ? pair : pair.reversed()
        }
        let failure = #expect(throws: JSONReader.Failure.self) { try JSONReader.value(of: mark + bytes) }
        #expect(failure?.line == 1 && failure?.column == 1)
        #expect(failure?.detail == "the file is in UTF-16; save it in UTF-8")
    }

    @Test("nesting does not use up the stack")
    func depth() {
        let text = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        let failure = #expect(throws: JSONReader.Failure.self) { try JSONReader.value(of: text) }
        #expect(failure?.detail == "values nested deeper than 128")
    }
}
