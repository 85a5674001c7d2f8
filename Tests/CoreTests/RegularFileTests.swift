import Core
import Foundation
import Testing

@Suite struct RegularFileTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "fgl-regular-\(UUID().uuidString)")

    private func failure(_ path: String, limit: Int = 100) -> RegularFile.Failure? {
        do throws(RegularFile.Failure) {
            _ = try RegularFile.bytes(of: path, limit: limit)
            return nil
        } catch { return error }
    }

    @Test("A file of up to the limit is read whole, through a link, too")
    func whole() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "a"), link = folder.appending(path: "b")
        for size in [0, 1, 99, 100] {
            let bytes = (0..<size).map { UInt8($0) }
            try Data(bytes).write(to: file)
            #expect(try RegularFile.bytes(of: file.path(), limit: 100) == bytes)
        }
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: file)
        #expect(try RegularFile.bytes(of: link.path(), limit: 100).count == 100)
        try Data(repeating: 1, count: 101).write(to: file)
        #expect(failure(file.path()) == .tooLarge(bytes: 101, limit: 100))
    }

    @Test("A pipe, a folder, a device, a file of /proc and nothing at all are refused at once")
    func others() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let pipe = folder.appending(path: "pipe").path()
        try #require(mkfifo(pipe, 0o600) == 0)
        #expect(failure(pipe) == .notRegular("a pipe"))
        #expect(failure(folder.path()) == .notRegular("a folder"))
        #expect(failure("/dev/zero") == .notRegular("a device"))
        #expect(failure("/dev/null") == .notRegular("a device"))
        #if os(Linux)
            #expect(failure("/proc/self/status") == .notRegular("a file of /proc, which the kernel makes up"))
        #endif
        #expect(failure(folder.appending(path: "none").path()) == .missing)
    }
}
