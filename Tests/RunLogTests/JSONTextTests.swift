import Core
import Foundation
import GRDB
import RunLog
import Testing

@Suite("JSON documents in the log")
struct JSONTextTests {
    @Test(
        "A text is escaped as RFC 8259 asks",
        arguments: [
            ("", #""""#), ("a", #""a""#), ("größer", #""größer""#), ("🌟", #""🌟""#),
            ("\"", #""\"""#), ("\\", #""\\""#), ("/", #""/""#), ("</script>", #""</script>""#),
            ("\n\r\t", #""\n\r\t""#), ("\u{8}\u{C}", #""\b\f""#), ("\0", #""\u0000""#),
            ("\u{1F}", #""\u001f""#), ("\u{7F}", "\"\u{7F}\""), ("\u{2028}", "\"\u{2028}\""),
        ])
    func escapes(text: String, json: String) {
        #expect(JSONText(["k": .text(text)]).text == "{\"k\":\(json)}")
        #expect(JSONText([text: true]).text == "{\(json):true}")
    }

    @Test("Every character comes back from SQLite's reader, which sees no other member")
    func roundTrip() throws {
        let database = try DatabaseQueue()
        for first in stride(from: UInt32(0), to: 0x3000, by: 97) {
            let scalars = (first..<first + 97).compactMap(Unicode.Scalar.init)
            var text = ""
            text.unicodeScalars.append(contentsOf: scalars.filter { $0 != "\0" })
            let json = JSONText(["a": .text(text), "b": 1]).text
            let found = try database.read {
                try String.fetchOne($0, sql: "SELECT json_extract(?, '$.a')", arguments: [json])
            }
            #expect(found.map { Array($0.utf8) } == Array(text.utf8))
            let members = try database.read {
                try Int.fetchOne($0, sql: "SELECT count(*) FROM json_each(?)", arguments: [json])
            }
            #expect(members == 2)
        }
    }

    @Test("Numbers come back to the last bit")
    func numbers() throws {
        var random = RandomStream(seed: 1, purpose: "json")
        let special = [0, -0.0, 0.1, 1e21, 1e-7, .leastNonzeroMagnitude, .pi, .greatestFiniteMagnitude]
        let drawn = (0..<500).map { _ in Double(bitPattern: random.next()) }.filter(\.isFinite)
        for value in special + drawn {
            let text = JSONText(["v": .real(value)]).text
            let decoded = try JSONDecoder().decode([String: Double].self, from: Data(text.utf8))
            #expect(decoded["v"] == value, "\(text)")
        }
        for value in [0, -1, Int.max, Int.min] {
            let text = JSONText(["v": .integer(value)]).text
            #expect(text == "{\"v\":\(value)}")
        }
    }

    @Test("Members are in the order of their names, whatever the order they came in")
    func order() {
        let names = ["b", "a", "ab", "B", "10", "9", "_"]
        var random = RandomStream(seed: 2, purpose: "json")
        let texts = (0..<20).map { _ in
            let members = names.shuffled(using: &random).map { ($0, JSONScalar.flag(true)) }
            return JSONText(Dictionary(uniqueKeysWithValues: members)).text
        }
        #expect(Set(texts).count == 1)
        #expect(texts[0].hasPrefix(#"{"10":true,"9":true,"B":true,"_":true,"a":true"#), "\(texts[0])")
    }

    @Test("Of a member given twice the last value counts")
    func repeated() {
        let text: JSONText = ["a": 1, "a": "two"]
        #expect(text == ["a": "two"])
        #expect(text.text == #"{"a":"two"}"#)
    }

    @Test("Numbers that JSON does not have become words")
    func words() {
        #expect(JSONText(["v": .real(.infinity)]).text == #"{"v":"inf"}"#)
        #expect(JSONText(["v": .real(-.infinity)]).text == #"{"v":"-inf"}"#)
        #expect(JSONText(["v": .real(.nan)]).text == #"{"v":"nan"}"#)
        // A processor's not-a-number may have a sign; read and written again it is the same text.
        for text in ["inf", "-inf", "nan", "-nan"] {
            let number = JSONText.fields(of: #"{"v":"\#(text)"}"#)?["v"]?.number
            #expect(number.map { "\($0)" } == text)
        }
        for text in ["banana", "infinite", "1", "", "nano", "0x1p9999inf"] {
            #expect(JSONScalar.text(text).number == nil, "\(text)")
        }
        #expect(JSONText(["v": false, "w": 2.5]).text == #"{"v":false,"w":2.5}"#)
    }
}
