import Foundation
import Scenarios
import TestSupport
import Testing

@Suite("Engines")
struct EngineTests {
    @Test(
        "Addresses of engines are read and written back",
        arguments: ["local", "dask-local:4", "dask://node7:8786", "tls://[::1]:8786", "dask://10.0.0.1:1"])
    func addresses(text: String) throws {
        #expect(try #require(EngineAddress(text)).text == text)
    }

    @Test(
        "What is no address is refused",
        arguments: [
            "", "dask", "dask-local", "dask-local:", "dask-local:0", "dask-local:1025", "dask-local:-1",
            "dask-local:2x", "dask://", "dask://host", "dask://host:", "dask://host:0", "dask://host:65536",
            "dask://:8786", "tcp://host:8786", "dask://a b:1", "tls://host:x", "DASK://host:1", " local",
            "dask://host:8786/path",
        ])
    func noAddresses(text: String) { #expect(EngineAddress(text) == nil) }

    @Test("Sentences of errors say what, where, and what helps")
    func sentences() {
        let key = String(repeating: "ab", count: 32)
        let errors: [(EngineError, String, Int32)] = [
            (.badAddress("ray"), "--engine is 'ray'; allowed are local, dask-local:N", 64),
            (
                .noPython(engine: "dask-local:2", python: "python3"),
                "--engine dask-local:2: there is no 'python3'; install Python 3.9", 74
            ),
            (
                .noDask(engine: "dask://h:1", python: "/usr/bin/python3", reason: "No module"),
                "--engine dask://h:1: /usr/bin/python3 has no Dask.distributed (No module); install it", 74
            ),
            (.lost(engine: "dask://h:1", reason: "it has had no workers for 3 s"), "no workers for 3 s", 74),
            (
                .workFailed(kind: "train", key: key, tried: ["a:1: x", "b:2: y", "a:1: z"]),
                "work 'train' abababababab… failed 3 times: a:1: x; b:2: y; a:1: z", 74
            ),
            (
                .disagreement(kind: "train", key: key, first: "12… by a:1", second: "34… by b:2"),
                "was done twice with different results: 12… by a:1, 34… by b:2", 65
            ),
            (.badFolder(path: "/x", reason: "it cannot be written to"), "--engine-shared /x: it cannot", 73),
            (.badCertificate(path: "ca.pem"), "--engine-tls: ca.pem cannot be read", 74),
        ]
        for (error, words, code) in errors {
            #expect("\(error)".contains(words), "\(error)")
            #expect(error.exitCode == code)
        }
    }

    @Test("Frames come out of a pipe as they went in; what is cut off or no frame is none")
    func frames() throws {
        struct Header: Codable, Equatable { let text: String }
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let bodies: [[UInt8]] = [[1, 2, 3], [], [255]]
        #expect(Frame(Header(text: "ä"), bodies: bodies).write(to: ends[1]))
        #expect(Frame(Header(text: "last"), bodies: [[0]]).write(to: ends[1]))
        let first = try #require(Frame.read(from: ends[0]))
        #expect(first.decoded(Header.self) == Header(text: "ä") && first.bodies == bodies)
        #expect(Frame.read(from: ends[0])?.decoded(Header.self) == Header(text: "last"))
        for bad: [UInt8] in [
            [0, 0], [255, 255, 255, 255], [0, 0, 0, 2] + Array("{x".utf8),
            [0, 0, 0, 14] + Array("{\"bodies\":[-1]".utf8), [0, 0, 0, 15] + Array("{\"bodies\":[99]}".utf8),
        ] {
            var other: [Int32] = [0, 0]
            #expect(pipe(&other) == 0)
            #expect(write(other[1], bad, bad.count) == bad.count)
            close(other[1])
            #expect(Frame.read(from: other[0]) == nil)
            close(other[0])
        }
        for end in ends { close(end) }
    }

    @Test("Who says nothing for too long is not waited for, also in the middle of a frame")
    func silence() throws {
        struct Header: Codable { let text: String }
        for part: [UInt8] in [[], [0, 0], [0, 0, 0, 9] + Array("{".utf8)] {
            var ends: [Int32] = [0, 0]
            #expect(pipe(&ends) == 0)
            #expect(part.isEmpty || write(ends[1], part, part.count) == part.count)
            #expect(Frame.read(from: ends[0], patience: 0.03) == nil)
            for end in ends { close(end) }
        }
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        #expect(Frame(Header(text: "here")).write(to: ends[1]))
        let frame = Frame.read(from: ends[0], patience: Patience.seconds(1))
        #expect(frame?.decoded(Header.self)?.text == "here")
        for end in ends { close(end) }
    }

    @Test("A store removes its own files alone, though others are in its folder")
    func folderOfOthers() throws {
        let folder = TestFiles.path("others")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let mine = "\(folder)/mine"
        try Data([1]).write(to: URL(fileURLWithPath: mine))
        do {
            let store = BlobStore(folder: folder, memoryBudgetBytes: 0)
            #expect(try store.store([1, 2, 3]).load() == [1, 2, 3])
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["mine"])
    }
}
