import Foundation
import Scenarios
import TestSupport
import Testing

@Suite("The store of model states")
struct BlobStoreTests {
    private let folder = TestFiles.path("blobs")

    private var files: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }

    @Test("What is stored is loaded, from memory and from files")
    func roundTrip() throws {
        let store = BlobStore(folder: folder, memoryBudgetBytes: 10)
        let small = try store.store([1, 2, 3]), large = try store.store(Array(repeating: 7, count: 100))
        #expect(try small.load() == [1, 2, 3])
        #expect(try large.load() == Array(repeating: 7, count: 100))
        #expect((small.count, large.count) == (3, 100))
        #expect(files.count == 1)
    }

    @Test("Memory given back is used again; files go with their bytes and with the store")
    func release() throws {
        var store: BlobStore? = BlobStore(folder: folder, memoryBudgetBytes: 100)
        var first: StoredBytes? = try store?.store(Array(repeating: 1, count: 100))
        var second: StoredBytes? = try store?.store([2])
        #expect(files.count == 1)
        second = nil
        #expect(files.isEmpty)
        first = nil
        let third = try store?.store(Array(repeating: 3, count: 100))
        #expect(files.isEmpty)
        #expect(try third?.load().count == 100)
        _ = (first, second)
        store = nil
    }

    @Test("The hash is SHA-256 of the bytes")
    func hash() throws {
        let store = BlobStore(folder: folder, memoryBudgetBytes: 10)
        // SHA-256 of "abc", FIPS 180-2, appendix B.1.
        #expect(
            try store.store(Array("abc".utf8)).sha256
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }
}
