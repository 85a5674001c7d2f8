import Scenarios
import Testing

@Suite("Prompts on the wire")
struct PromptTests {
    @Test("A message is a line of label, tab and text per prompt, in UTF-8")
    func format() {
        let prompts = [
            Prompt(label: 0, text: "A photo of a star"), Prompt(label: 12, text: "A photo of a café"),
        ]
        let expected = "0\tA photo of a star\n12\tA photo of a café\n"
        #expect(PromptCodec.encode(prompts) == Array(expected.utf8))
        #expect(Message.prompts(prompts).byteCount == expected.utf8.count)
    }

    @Test("What is encoded is decoded, tabs in the text included")
    func roundTrip() throws {
        let prompts = [
            Prompt(label: 3, text: "a\tb"), Prompt(label: 0, text: ""), Prompt(label: 9, text: "x"),
        ]
        #expect(try PromptCodec.decode(PromptCodec.encode(prompts)) == prompts)
        #expect(try PromptCodec.decode([]) == [])
    }

    @Test("The prompts of the ten classes of the paper's size are a couple of hundred bytes")
    func paperSize() {
        let names = ["star", "ring", "cross", "heart", "crescent", "arrow", "gear", "house", "fish", "mug"]
        let prompts = names.enumerated().map { Prompt(label: $0, text: "A photo of a \($1)") }
        // Σ (digit + tab + "A photo of a " + name + line break) = 10 · (1 + 1 + 13 + 1) + 47 letters.
        #expect(PromptCodec.encode(prompts).count == 160 + names.joined().utf8.count)
    }

    @Test(
        "Anything else is refused with its line",
        arguments: ["no tab", "x\tA photo", "-1\tA photo", "\ttext", "9999999999999999999999\ttext"])
    func malformed(line: String) {
        let bytes = Array("0\tA photo of a star\n\(line)\n".utf8)
        #expect(throws: FederationError.malformedPrompts(line: line)) { try PromptCodec.decode(bytes) }
    }

    @Test("Bytes that are not UTF-8 are refused")
    func invalidUTF8() {
        #expect(throws: FederationError.malformedPrompts(line: "3 bytes that are not UTF-8")) {
            try PromptCodec.decode([0x30, 0xFF, 0xFE])
        }
    }

    @Test("The sentence names what is allowed")
    func sentence() {
        let error = FederationError.malformedPrompts(line: "no tab")
        #expect(
            "\(error)" == "a prompt message holds \"no tab\"; allowed are lines of a label, a tab and a text")
    }
}
