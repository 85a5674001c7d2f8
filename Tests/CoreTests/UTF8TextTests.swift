import Core
import Foundation
import Testing

@Suite("Text of other programs")
struct UTF8TextTests {
    /// What is wrong with the bytes of a file.
    private func failure(_ bytes: some Collection<UInt8>) -> UTF8Text.Failure? {
        do throws(UTF8Text.Failure) {
            _ = try UTF8Text.text(ofFile: bytes)
            return nil
        } catch { return error }
    }

    @Test("UTF-8 is read with and without its mark; an empty file is an empty text")
    func read() throws {
        let text = "name: Zoë 🦉\r\nclients: 5\n"
        #expect(try UTF8Text.text(ofFile: Array(text.utf8)) == text)
        #expect(try UTF8Text.text(ofFile: [0xEF, 0xBB, 0xBF] + Array(text.utf8)) == text)
        #expect(try UTF8Text.text(ofFile: []) == "")
        #expect(try UTF8Text.text(ofFile: Data(text.utf8)[...]) == text)
    }

    @Test(
        "UTF-16 and UTF-32 are recognized by their byte order mark or by zero bytes",
        arguments: [
            (String.Encoding.utf16LittleEndian, [UInt8]([0xFF, 0xFE]), 16),
            (.utf16BigEndian, [0xFE, 0xFF], 16), (.utf32LittleEndian, [0xFF, 0xFE, 0, 0], 32),
            (.utf32BigEndian, [0, 0, 0xFE, 0xFF], 32),
        ])
    func wide(encoding: String.Encoding, mark: [UInt8], bits: Int) throws {
        for text in ["a", "name: x\n", "{}"] {
            let bytes = Array(try #require(text.data(using: encoding)))
            #expect(failure(mark + bytes) == .wide(bits: bits))
            #expect(failure(bytes) == .wide(bits: bits))
        }
        #expect(failure(mark) == .wide(bits: bits))
    }

    @Test("Files of other kinds are named, with what to do")
    func foreign() {
        #expect(failure([0x1F, 0x8B, 0x08, 0x00]) == .foreign("a gzip file; unpack it"))
        #expect(failure(Array("PK\u{3}\u{4}\0\0".utf8)) == .foreign("a zip file; unpack it"))
        #expect(failure(Array("SQLite format 3\0\u{10}\0".utf8)) == .foreign("an SQLite database"))
        let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4\n"
        #expect(
            failure(Array(pointer.utf8)).map { "\($0)" }
                == "the file is a git-lfs pointer, not the file itself; 'git lfs pull' in its folder fetches "
                + "it")
        let page = failure(Array("\n<!DOCTYPE html>".utf8)).map { "\($0)" }
        #expect(page?.hasPrefix("the file is a web page, not the file itself; ") == true)
        // Words that begin as these do.
        for text in ["PK of a table", "version https://example.org", "html", "Rar"] {
            #expect(failure(Array(text.utf8)) == nil)
        }
    }

    @Test("The first stray byte has its line and its column in characters")
    func strayByte() {
        #expect(failure([0xE4]) == .byte(0xE4, line: 1, column: 1))
        #expect(failure(Array("a: é\nb: Z".utf8) + [0xEB, 0x0A]) == .byte(0xEB, line: 2, column: 5))
        // A character that is cut off, one of too many bytes, half of a pair of UTF-16.
        #expect(failure([0x61, 0xF0, 0x9F]) == .byte(0xF0, line: 1, column: 2))
        #expect(failure([0x61, 0xC0, 0x80]) == .byte(0xC0, line: 1, column: 2))
        #expect(failure([0x61, 0xED, 0xA0, 0x80]) == .byte(0xED, line: 1, column: 2))
        #expect(failure([0x61, 0xFF])?.place?.column == 2)
    }

    @Test("The sentences")
    func sentences() {
        #expect("\(UTF8Text.Failure.wide(bits: 32))" == "the file is in UTF-32; save it in UTF-8")
        #expect(
            "\(UTF8Text.Failure.byte(0x09, line: 1, column: 1))"
                == "the byte 0x09 is not UTF-8 (is the file in Latin-1 or Windows-1252?); save it in UTF-8")
    }
}
