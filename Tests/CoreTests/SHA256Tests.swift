import Core
import Foundation
import Testing

/// SHA-256 against the examples of FIPS 180-4 (NIST's "SHA256.pdf" and the million-a message).
struct SHA256Tests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ])
    func published(_ text: String, _ digest: String) {
        #expect(SHA256.hash(data: Array(text.utf8)).hexadecimal == digest)
    }

    @Test("In pieces is as at once, for every place of the cut")
    func pieces() {
        let bytes = (0..<200).map { UInt8($0) }
        for cut in 0...bytes.count {
            var hash = SHA256()
            hash.update(data: Array(bytes[..<cut]))
            hash.update(data: Array(bytes[cut...]))
            #expect(hash.finalize() == SHA256.hash(data: bytes))
        }
    }

    @Test("A copy goes on by itself, and a finished hash can be continued")
    func values() {
        var first = SHA256()
        first.update(data: Array("a".utf8))
        var second = first
        second.update(data: Array("x".utf8))
        #expect(first.finalize() == SHA256.hash(data: Array("a".utf8)))
        first.update(data: Array("bc".utf8))
        #expect(first.finalize() == SHA256.hash(data: Array("abc".utf8)))
        #expect(second.finalize() == SHA256.hash(data: Array("ax".utf8)))
    }
}
