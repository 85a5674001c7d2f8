import Foundation
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// Images that runs share on disk: they change how long a run takes, and nothing that comes of it.
@Suite("Synthesis cache", .serialized)
struct SynthesisCacheTests {
    private let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("fgl-sim-cache-\(UUID().uuidString)", isDirectory: true)

    private func cache(limit: Int = 1 << 30, maker: String = "test") -> SynthesisCache {
        SynthesisCache(folder: folder, limitBytes: limit, maker: maker)
    }

    private var files: [URL] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
            .map(folder.appendingPathComponent)
    }

    /// A one-shot run with this cache: the run, how many pieces of work it has, and how many came from the
    /// cache.
    private func run(_ cache: SynthesisCache?, jobs: Int = 2, overrides: [String] = []) throws
        -> (run: RunSummary, synthesized: Int, cached: Int)
    {
        let scenario = try Scenario.parse(
            GenerativeTests.tiny, file: "test.yaml", overrides: ["methods=[fgl-one-shot]"] + overrides,
            knownMethods: FederatedMethods.names)
        let path = folder.path + "-\(UUID().uuidString).sqlite"
        defer { for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) } }
        try Experiment(scenario, output: path, jobs: jobs, build: "test", cache: cache).run { _, _ in
            SilentProgress()
        }
        func count(_ table: String) throws -> Int {
            Int(try RunTable.query(path, "SELECT count(*) FROM \(table)")[0][0])!
        }
        return (
            try RunLogReader(path: path).runs()[0], try count("work WHERE kind = 'synthesize'"),
            try count("cached_work JOIN work USING (run_id, work_id) WHERE kind = 'synthesize'")
        )
    }

    /// The synthetic set of the scenario alone, without training on it.
    @discardableResult
    private func draw(_ cache: SynthesisCache?, overrides: [String] = []) throws -> [UInt8] {
        let scenario = try Scenario.parse(
            GenerativeTests.tiny, file: "test.yaml", overrides: ["methods=[fgl-one-shot]"] + overrides,
            knownMethods: FederatedMethods.names)
        return try SynthesisRun.images(of: scenario, jobs: 2, cache: cache, progress: SilentProgress())
            .images.pixels
    }

    private func removeFolder() { try? FileManager.default.removeItem(at: folder) }

    @Test("A run that finds its images has the hashes, and the virtual time, of one that draws them")
    func hit() throws {
        defer { removeFolder() }
        let without = try run(nil), first = try run(cache()), second = try run(cache(), jobs: 1)
        #expect(without.synthesized > 1)
        #expect(without.cached == 0 && first.cached == 0 && second.cached == first.synthesized)
        for other in [first, second] {
            #expect(other.run.logSHA256 == without.run.logSHA256 && without.run.logSHA256 != nil)
            #expect(other.run.modelSHA256 == without.run.modelSHA256)
            #expect(other.run.virtualSeconds == without.run.virtualSeconds)
        }
        #expect(files.count == first.synthesized)
    }

    @Test(
        "Whatever decides on the images decides on the entry",
        arguments: [
            "seed=8", "synthesis.steps=3", "synthesis.guidance=1.5", "synthesis.scheduler=ddim",
            "synthesis.template=A sketch of a {class}", "data.side=16",
        ])
    func miss(override: String) throws {
        defer { removeFolder() }
        let first = try draw(cache()), entries = files
        #expect(try draw(cache()) == first && files == entries && entries.count > 1)
        try draw(cache(), overrides: [override])
        #expect(files.count == 2 * entries.count)
    }

    @Test("Another build or machine finds nothing")
    func maker() throws {
        defer { removeFolder() }
        try draw(cache())
        let entries = files
        try draw(cache(maker: "another"))
        #expect(files.count == 2 * entries.count)
    }

    @Test("A damaged entry is as good as none, and is written anew")
    func damage() throws {
        defer { removeFolder() }
        let pixels = try draw(cache())
        let damages: [(inout Data) -> Void] = [
            { $0.removeLast() }, { $0[60] ^= 1 }, { $0[3] ^= 0x80 }, { $0[20] ^= 4 }, { $0 = Data() },
            { $0.append(0) },
        ]
        let wholes = try files.map { try Data(contentsOf: $0) }
        for (index, file) in files.enumerated() {
            var bytes = wholes[index]
            damages[index % damages.count](&bytes)
            try bytes.write(to: file)
        }
        #expect(try draw(cache()) == pixels)
        #expect(try files.map { try Data(contentsOf: $0) } == wholes && wholes.count >= damages.count)
    }

    @Test("Beyond the limit the entries that were not used for longest go, and what is too large never comes")
    func limit() throws {
        defer { removeFolder() }
        try draw(cache())
        let all = files, size = try #require(try all[0].resourceValues(forKeys: [.fileSizeKey]).fileSize)
        func age(_ file: URL) throws {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 1e9)], ofItemAtPath: file.path)
        }
        for file in all { try age(file) }
        let draft = folder.appendingPathComponent("left.part"),
            fresh = folder.appendingPathComponent("new.part")
        for file in [draft, fresh] { try Data([1]).write(to: file) }
        try age(draft)
        try draw(cache(limit: all.count * size), overrides: ["seed=8"])
        let left = Set(files.map(\.lastPathComponent))
        #expect(left.count { $0.hasSuffix(".images") } == all.count)
        #expect(all.allSatisfy { !left.contains($0.lastPathComponent) })
        // What a dead process left goes too; what one may be writing stays.
        #expect(!left.contains("left.part") && left.contains("new.part"))
        try draw(cache(limit: size - 1), overrides: ["seed=9"])
        #expect(Set(files.map(\.lastPathComponent)) == left)
    }

    @Test("A use makes an entry young")
    func use() throws {
        defer { removeFolder() }
        try draw(cache())
        for file in files {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 1e9)], ofItemAtPath: file.path)
        }
        try draw(cache())
        for file in files {
            let used = try FileManager.default.attributesOfItem(atPath: file.path)[.modificationDate] as? Date
            #expect(try #require(used).timeIntervalSince1970 > 1.5e9)
        }
    }

    @Test("Two experiments at once share a folder, and each has its own images")
    func twoAtOnce() throws {
        defer { removeFolder() }
        let expected = try draw(nil)
        let results = Results()
        DispatchQueue.concurrentPerform(iterations: 3) { _ in results.add(Result { try draw(cache()) }) }
        #expect(try results.all().map { try $0.get() } == Array(repeating: expected, count: 3))
        #expect(try draw(cache()) == expected)
    }

    @Test("A folder that cannot be made is no error")
    func unwritable() throws {
        let cache = SynthesisCache(
            folder: URL(fileURLWithPath: "/dev/null/cache"), limitBytes: 1 << 30, maker: "test")
        #expect(try draw(cache) == draw(nil))
    }

    /// What concurrent runs come to.
    private final class Results: @unchecked Sendable {
        // @unchecked because a lock guards the list.
        private let lock = NSLock()
        private var list: [Result<[UInt8], any Error>] = []

        func add(_ result: Result<[UInt8], any Error>) { lock.withLock { list.append(result) } }
        func all() -> [Result<[UInt8], any Error>] { lock.withLock { list } }
    }
}
