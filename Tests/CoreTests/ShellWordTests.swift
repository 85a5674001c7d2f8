import Core
import Foundation
import Testing

@Suite("Words of a command line")
struct ShellWordTests {
    @Test(
        "A shell reads a quoted word as it was, and plain ones stay as they are",
        arguments: [
            "results/x-images", "my res/a b.png", "it's", "$HOME `id` \"x\" \\", "a;b|c&d>e", "*?[a]~", "",
            "Grüße", "x-n", "two\nlines",
        ])
    func quoted(word: String) throws {
        let process = Process(), pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "printf %s \(ShellWord.quoted(word))."]
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(String(decoding: output, as: UTF8.self) == word + ".")
    }

    @Test("What needs no quotation marks has none")
    func plain() {
        #expect(ShellWord.quoted("results/x-1.2_b+c.png") == "results/x-1.2_b+c.png")
        #expect(ShellWord.quoted("a b") == "'a b'" && ShellWord.quoted("a'b") == "'a'\\''b'")
    }
}
