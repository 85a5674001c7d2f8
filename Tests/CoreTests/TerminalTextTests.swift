import Core
import Testing

@Suite struct TerminalTextTests {
    @Test(
        "What a terminal would obey is printed as an escape",
        arguments: [
            ("red \u{1B}[31m", "red \\u{1B}[31m"), ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("bell \u{7}", "bell \\u{07}"),
            ("\u{7F}", "\\u{7F}"), ("c1 \u{9B}2J", "c1 \\u{009B}2J"), ("\u{0}", "\\0"),
            // Shows other text than it holds: the writing direction changes.
            ("abc\u{202E}fdp.exe", "abc\\u{202E}fdp.exe"), ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"),
            ("line\u{2028}next\u{2029}", "line\\u{2028}next\\u{2029}"), ("\u{FEFF}bom", "\\u{FEFF}bom"),
            // A space that breaks no line is no space to a parser.
            ("beta:\u{A0}0.5", "beta:\\u{00A0}0.5"), ("10\u{202F}MB", "10\\u{202F}MB"),
        ])
    func controlCharacters(_ text: String, _ printed: String) {
        #expect(TerminalText.line(text) == printed)
    }

    @Test(
        "Letters of any language and pictures stay as they are",
        arguments: [
            "Zürich", "中文 数据", "全角\u{3000}空白",
            "नमस्ते", "👩‍🚒", "می‌خواهم", "a \"b\" 'c' \\d", "é", ""])
    func letters(_ text: String) {
        #expect(TerminalText.line(text) == text)
        #expect(TerminalText.lines(text) == text)
    }

    @Test("A long text is cut, with a sign that it is")
    func cut() {
        #expect(TerminalText.line("12345", limit: 5) == "12345")
        #expect(TerminalText.line("123456", limit: 5) == "12345…")
        #expect(
            TerminalText.line(String(repeating: "x", count: 1 << 20)).count == TerminalText.valueLimit + 1)
        // One letter with ten thousand accents is one character of Swift, and cut all the same.
        let accents = "a" + String(repeating: "\u{301}", count: 10_000)
        #expect(TerminalText.line(accents).unicodeScalars.count == TerminalText.valueLimit + 1)
    }

    @Test("A text of several lines keeps its lines and nothing else that a terminal obeys")
    func lines() {
        #expect(TerminalText.lines("a\n\tb\u{1B}c\r\n") == "a\n\tb\\u{1B}c\\r\n")
    }
}
