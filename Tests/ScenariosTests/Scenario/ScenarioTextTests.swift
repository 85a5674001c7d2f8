import Foundation
import Scenarios
import Testing

@Suite struct ScenarioTextTests {
    @Test("text that is no scenario at all is refused by what it is")
    func wholeText() {
        let empty = "test.yaml: the scenario is empty; it needs at least the keys name and methods"
        for text in ["", "\n\n", "# only a comment\n", "---\n", "~\n"] {
            #expect(scenarioSentences(text) == [empty], "\(text)")
        }
        #expect(
            scenarioSentences("- a\n") == [
                "test.yaml:1:1: a list is not allowed; allowed: a mapping of key: value pairs"
            ])
        #expect(
            scenarioSentences("hello\n") == [
                "test.yaml:1:1: hello is not allowed; allowed: a mapping of key: value pairs"
            ])
    }

    @Test("malformed YAML is refused with the line and what the YAML library says")
    func malformed() {
        #expect(
            scenarioSentences("a: [1\nb: 2\n") == [
                "test.yaml:2:2: this is not YAML: did not find expected ',' or ']'"
            ])
        #expect(
            scenarioSentences("a: 1\n---\nb: 2\n") == [
                "test.yaml:2:1: this is not YAML: but found another document"
            ])
        #expect(
            scenarioSentences("a: \"x\n") == [
                "test.yaml:2:1: this is not YAML: found unexpected end of stream"
            ])
        #expect(
            scenarioSentences("a: \u{1}\n") == [
                "test.yaml:1:4: this is not YAML: control characters are not allowed"
            ]
        )
        #expect(
            scenarioSentences("name: a\n\tseed: 1\n").first?.hasPrefix("test.yaml:2:1: this is not YAML: ")
                == true)
    }

    @Test("a key that stands twice is refused")
    func duplicateKey() {
        #expect(
            scenarioSentences(minimalScenario + "data: { side: 32, side: 64 }\n")
                == ["test.yaml:3:9: side: duplicate key; allowed: once in its section"])
    }

    @Test("anchors, aliases and block text are refused before anything is composed")
    func unsupported() {
        let why = "begins an anchor, an alias or block text; allowed: values written out on one line"
        #expect(scenarioSentences("name: &a x\nmethods: *a\n") == ["test.yaml:1:7: &a \(why)"])
        #expect(scenarioSentences("name: !!str &a x\n") == ["test.yaml:1:13: &a \(why)"])
        #expect(scenarioSentences("data:\n  - *b\n") == ["test.yaml:2:5: *b \(why)"])
        #expect(scenarioSentences("{ \"a\":*b }\n") == ["test.yaml:1:7: *b \(why)"])
        #expect(scenarioSentences("name: |\n  'x\nmethods: &a [1]\n") == ["test.yaml:1:7: | \(why)"])
        #expect(scenarioSentences("name: 'it''s' # it's\nx: &a 1\n") == ["test.yaml:2:4: &a \(why)"])
        #expect(scenarioSentences("name: \"a\\\"\" \nx: &a 1\n") == ["test.yaml:2:4: &a \(why)"])
    }

    @Test("a tree of aliases that would fill any memory is refused at once")
    func aliasBomb() {
        var yaml = "a0: &a0 [x, x]\n"
        for level in 1...60 {
            let alias = "*a\(level - 1)"
            yaml += "a\(level): &a\(level) [\(alias), \(alias), \(alias)]\n"
        }
        yaml += "? *a60\n: 1\n"
        #expect(scenarioSentences(yaml).count == 1)
    }

    @Test("deep nesting and a flood of keys, values or variants end in errors, not in a crash")
    func floods() {
        #expect(scenarioSentences(String(repeating: "[", count: 200_000)).count == 1)
        #expect(scenarioSentences(String(repeating: "- ", count: 200_000)).count == 1)
        #expect(scenarioSentences(String(repeating: "a: ", count: 100_000)).count == 1)
        let keys = (0..<5000).map { "k\($0): 1\n" }.joined()
        #expect(scenarioSentences(minimalScenario + keys).count == 5000)
        let values = (1...300_000).map(String.init).joined(separator: ",").prefix(900_000)
        let swept = scenarioSentences(minimalScenario + "sweep: { clients: [\(values)] }\n")
        #expect(swept.count == 1 && swept[0].contains("allowed: at most 1000"))
    }

    @Test("aliases behind whatever quotes are refused before anything is composed")
    func aliasesBehindQuotes() {
        var bomb = "a0: &a0 [x, x]\n"
        for level in 1...40 {
            bomb +=
                "a\(level): &a\(level) { ? [*a\(level - 1), *a\(level - 1)] : 1, ? [*a\(level - 1)] : 2 }\n"
        }
        // Each of these begins no quoted text, or ends it otherwise than it seems.
        for start in [
            "'a'',\"': 1\n", "x: a, \"\n", "x: it's, 'b\n", "x: a - \"b\n", "\"a\\\"b, 'c\": 1\n",
            "x:\"y: 1\n",
            "- \"\n", "? \"'\" \n: 1\n",
        ] {
            let sentences = scenarioSentences(start + bomb)
            #expect(sentences.count == 1, "\(start)")
            #expect(
                sentences.first?.contains("&a0 begins an anchor") == true
                    || sentences.first?.contains("not YAML") == true)
        }
    }

    @Test("nesting is as deep as scenarios are, and not deeper")
    func nesting() {
        let deep = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
        #expect(
            scenarioSentences("name: \(deep)\n") == [
                "test.yaml:1:70: nested too deeply; allowed: at most 64 levels"
            ])
    }

    @Test("a byte order mark may stand before the text")
    func byteOrderMark() throws {
        #expect(scenarioSentences("\u{FEFF}" + minimalScenario) == [])
        #expect(scenarioSentences("\u{FEFF}name: a\n") == scenarioSentences("name: a\n"))
        #expect(scenarioSentences("\u{FEFF}") == scenarioSentences(""))
        #expect(
            try parseScenario("\u{FEFF}---\n# text\n" + minimalScenario) == parseScenario(minimalScenario))
    }

    @Test(
        "UTF-16 and UTF-32 are refused as what they are",
        arguments: [
            (String.Encoding.utf16, 16), (.utf16LittleEndian, 16), (.utf16BigEndian, 16), (.utf32, 32),
            (.utf32LittleEndian, 32), (.utf32BigEndian, 32),
        ])
    func wide(_ encoding: String.Encoding, bits: Int) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "wide-\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: path) }
        try #require(minimalScenario.data(using: encoding)).write(to: path)
        let error = #expect(throws: ScenarioError.self) {
            try Scenario.load(path: path.path(), knownMethods: knownTestMethods)
        }
        #expect(error?.description == "\(path.path()): the file is in UTF-\(bits); save it in UTF-8")
    }

    @Test("a file that cannot be read as text is refused by what is wrong with it")
    func files() throws {
        func refusal(_ path: String) -> String {
            do throws(ScenarioError) {
                _ = try Scenario.load(path: path, knownMethods: knownTestMethods)
                return ""
            } catch { return error.description }
        }
        let folder = FileManager.default.temporaryDirectory.appending(path: "scenario-text-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let missing = folder.appending(path: "missing.yaml").path()
        #expect(refusal(missing) == "\(missing): there is no such file")
        #expect(refusal(folder.path()) == "\(folder.path()): the file cannot be read: it is a folder")
        let latin = folder.appending(path: "latin.yaml")
        try Data([0x6E, 0x61, 0x6D, 0x65, 0x3A, 0x20, 0xE4, 0x0A]).write(to: latin)
        #expect(
            refusal(latin.path())
                == "\(latin.path()):1:7: the byte 0xE4 is not UTF-8 (is the file in Latin-1 or "
                + "Windows-1252?); save it in UTF-8")
        let large = folder.appending(path: "large.yaml")
        try Data(repeating: 0x23, count: 1_048_577).write(to: large)
        #expect(
            refusal(large.path())
                == "\(large.path()): 1048577 bytes are too many; allowed: at most 1048576")
        #expect(refusal("/dev/zero") == "/dev/zero: the file cannot be read: it is a device")
        let pipe = folder.appending(path: "pipe.yaml").path()
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(refusal(pipe) == "\(pipe): the file cannot be read: it is a pipe")
        #if os(Linux)
            #expect(refusal("/proc/self/status").contains("a file of /proc"))
        #endif
    }
}
