import Core
import Foundation
import Models

/// Keeps the bytes that work hands on to later work — model states, synthetic images — while a run holds
/// them.
///
/// With a hundred clients uploading at once, a hundred states of 45 MB are in flight in virtual time: in
/// memory up to a budget, in files beyond it, so resident memory does not depend on the number of clients.
///
/// A *durable* store writes all of them to files, each renamed into place when it is whole, so that a run
/// whose process was killed finds what it held at the last commit. When the run lets go of bytes, their file
/// is removed with the next commit and not before: until then a resumed run may need them. So a file belongs
/// to every state that is held or in flight, and to no other; what is removed stays as a *spare*, to be
/// written again, since fresh pages of a file cost ten times what copying into known ones does. Spares go
/// with the run.
///
/// Files are not synchronized: a disk would take longer for it than a worker for training, and most are
/// removed before the system would have written them. What a power failure leaves incomplete is recognised by
/// its hash, and the work that made it is done again.
public final class BlobStore: Sendable {
    private let folder: URL
    private let budget: Int
    /// Begins the names of a durable store's files; `nil` for one that is not durable.
    private let prefix: String?
    private let state = Monitor(State())

    private struct State {
        var inMemory = 0
        var files = 0
        /// How many `StoredBytes` stand for a file.
        var references: [URL: Int] = [:]
        /// Files that nobody holds any more, with the number of the mark before which they were let go.
        var released: [(file: URL, mark: Int)] = []
        var mark = 0
        /// Files of a durable store that hold nothing.
        var spares: [URL] = []
        var sparesMade = 0
        var keepsFiles = false
        var removesAtOnce = false
        /// Bytes that are found by their hash for a while, whether a file holds them or not.
        var lent: [String: [StoredBytes]] = [:]
    }

    /// A store whose files lie in `folder`, made when first needed and removed with the store if it is empty
    /// then.
    public convenience init(folder: String, memoryBudgetBytes: Int) {
        self.init(folder: folder, memoryBudgetBytes: memoryBudgetBytes, prefix: nil)
    }

    /// A durable store of one run. Its files have the names `<run>-<SHA-256>`.
    ///
    /// All bytes go to files; memory, 32 MiB, is for small ones beside. A state of 45 MB is read from its
    /// file as fast, which is mapped.
    public convenience init(folder: String, durableForRun runID: Int64) {
        self.init(folder: folder, memoryBudgetBytes: 32 << 20, prefix: "\(runID)-")
    }

    private init(folder: String, memoryBudgetBytes: Int, prefix: String?) {
        self.folder = URL(fileURLWithPath: folder, isDirectory: true)
        self.prefix = prefix
        budget = memoryBudgetBytes
        if prefix == nil { state.update { $0.removesAtOnce = true } }
        removeLeftovers()
    }

    /// Removes what a killed process was writing, and its spares.
    private func removeLeftovers() {
        guard let prefix else { return }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        where name.hasPrefix(prefix) && name.hasSuffix(".part") {
            unlink(folder.appendingPathComponent(name).path)
        }
    }

    /// Removes the files that it may have made, and the folder if nothing else is in it: whoever names a
    /// folder that others use, too, loses nothing.
    deinit {
        guard prefix == nil else { return }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        where name.hasPrefix(Self.filePrefix) {
            unlink(folder.appendingPathComponent(name).path)
        }
        rmdir(folder.path)
    }

    /// Begins the names of files of a store that is not durable.
    private static let filePrefix = "state-"

    /// Keeps `bytes`.
    ///
    /// - Throws: `FederationError.cannotStore` where they have to go to a file and cannot.
    public func store(_ bytes: [UInt8]) throws -> StoredBytes {
        try store(CheckedBytes(bytes))
    }

    /// Keeps bytes whose hash is known.
    ///
    /// - Throws: `FederationError.cannotStore` where they have to go to a file and cannot.
    func store(_ checked: CheckedBytes) throws -> StoredBytes {
        let bytes = checked.bytes, sha256 = checked.sha256
        let (fits, number) = state.update { state in
            let fits = state.inMemory + bytes.count <= budget
            if fits { state.inMemory += bytes.count }
            state.files += 1
            return (fits, state.files)
        }
        var file: URL?
        if !fits || prefix != nil {
            let name = prefix.map { "\($0)\(sha256)" } ?? "\(Self.filePrefix)\(number)"
            do {
                file = try write(bytes, as: name, number: number)
            } catch {
                if fits { release(memory: bytes.count) }
                throw error
            }
        }
        return StoredBytes(
            memory: fits ? bytes : nil, file: file, count: bytes.count, sha256: sha256, owner: self)
    }

    private func write(_ bytes: [UInt8], as name: String, number: Int) throws -> URL {
        let file = folder.appendingPathComponent(name)
        // Held before it is written: the same bytes may be let go of at this moment.
        hold(file)
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let draft =
                state.update { $0.spares.popLast() }
                ?? folder.appendingPathComponent("\(name).\(number).part")
            defer { unlink(draft.path) }
            try Self.write(bytes, to: draft)
            guard rename(draft.path, file.path) == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        } catch {
            release(file: file)
            throw FederationError.cannotStore(path: file.path, reason: Self.reason(error))
        }
        return file
    }

    private static func write(_ bytes: [UInt8], to file: URL) throws {
        func failure() -> POSIXError { POSIXError(.init(rawValue: errno) ?? .EIO) }
        let descriptor = open(file.path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure() }
        defer { Foundation.close(descriptor) }
        var position = 0
        while position < bytes.count {
            let written = bytes.withUnsafeBytes {
                Foundation.write(descriptor, $0.baseAddress! + position, bytes.count - position)
            }
            guard written > 0 else { throw failure() }
            position += written
        }
        guard ftruncate(descriptor, off_t(bytes.count)) == 0 else { throw failure() }
    }

    /// What the system says of an error of writing.
    static func reason(_ error: any Error) -> String {
        let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error ?? error
        if let cause = cause as? POSIXError { return String(cString: strerror(cause.code.rawValue)) }
        switch (cause as? CocoaError)?.code {
        case .fileWriteFileExists: return String(cString: strerror(EEXIST))
        case .fileNoSuchFile, .fileReadNoSuchFile: return String(cString: strerror(ENOENT))
        default: return cause.localizedDescription
        }
    }

    /// The file that holds bytes with this hash: this run's, or any other run's of the folder.
    func file(of sha256: String, count: Int) -> URL? {
        guard let prefix else { return nil }
        let own = folder.appendingPathComponent("\(prefix)\(sha256)")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        let others = names.sorted().filter { $0.hasSuffix("-\(sha256)") }.map(folder.appendingPathComponent)
        return ([own] + others).first { file in
            var status = stat()
            return stat(file.path, &status) == 0 && status.st_size == count
        }
    }

    /// Whether a file is this run's. Another run's stay until no run of the folder is left to be made.
    func owns(_ file: URL) -> Bool {
        prefix.map { file.lastPathComponent.hasPrefix($0) } ?? true
    }

    /// Whether bytes with this hash are at hand.
    func holds(sha256: String, count: Int) -> Bool { file(of: sha256, count: count) != nil }

    /// Bytes that recorded work came to: from their file where there is one, otherwise by hash alone.
    func known(sha256: String, count: Int) -> StoredBytes {
        lent(sha256: sha256, count: count) ?? StoredBytes(known: sha256, count: count, in: self)
    }

    /// Bytes that `lending` has at hand.
    func lent(sha256: String, count: Int) -> StoredBytes? {
        state.update { $0.lent[sha256]?.last }.flatMap { $0.count == count ? $0 : nil }
    }

    /// Does `body` while these bytes are found by their hashes.
    func lending<Result>(_ bytes: [StoredBytes], _ body: () throws -> Result) rethrows -> Result {
        state.update { state in for bytes in bytes { state.lent[bytes.sha256, default: []].append(bytes) } }
        defer {
            let returned = state.update { state in bytes.map { state.lent[$0.sha256]?.popLast() } }
            // Not under the lock: letting go of bytes may remove their file.
            withExtendedLifetime(returned) {}
            state.update { state in
                for bytes in bytes where state.lent[bytes.sha256]?.isEmpty == true {
                    state.lent[bytes.sha256] = nil
                }
            }
        }
        return try body()
    }
}

// MARK: - Letting go

extension BlobStore {
    /// A number to be given to `committed(upTo:)` after a commit that begins now.
    func mark() -> Int {
        state.update { state in
            state.mark += 1
            return state.mark
        }
    }

    /// Removes the files of bytes that were let go of before `mark`.
    func committed(upTo mark: Int) {
        state.update { state in
            let ready = state.released.filter { $0.mark < mark }.map(\.file)
            guard !ready.isEmpty else { return }
            state.released.removeAll { $0.mark < mark }
            // Under the lock: whoever makes the same bytes at this moment writes them behind it.
            for file in ready where state.references[file] == nil { makeSpare(of: file, &state) }
        }
    }

    private func makeSpare(of file: URL, _ state: inout State) {
        let spare = folder.appendingPathComponent("\(prefix ?? "")spare-\(state.sparesMade).part")
        guard rename(file.path, spare.path) == 0 else { return }
        state.sparesMade += 1
        state.spares.append(spare)
    }

    /// The run is over and in the log: nothing of it will be needed again.
    func close() {
        let files = state.update { state -> [URL] in
            state.removesAtOnce = true
            defer { (state.released, state.spares) = ([], []) }
            return state.released.map(\.file).filter { state.references[$0] == nil } + state.spares
        }
        for file in files { unlink(file.path) }
        rmdir(folder.path)
    }

    /// The run has stopped and may be resumed, or others that would share its bytes: their files stay as they
    /// are.
    func abandon() {
        let spares = state.update { state -> [URL] in
            state.keepsFiles = true
            defer { state.spares = [] }
            return state.spares
        }
        for file in spares { unlink(file.path) }
    }

    func hold(_ file: URL) { state.update { $0.references[file, default: 0] += 1 } }

    func release(memory bytes: Int) { state.update { $0.inMemory -= bytes } }

    func release(file: URL) {
        let isOver = state.update { state -> Bool in
            state.references[file]! -= 1
            guard state.references[file] == 0 else { return false }
            state.references[file] = nil
            if state.keepsFiles { return false }
            if !state.removesAtOnce { state.released.append((file, state.mark)) }
            return state.removesAtOnce
        }
        guard isOver else { return }
        unlink(file.path)
        if prefix != nil { rmdir(folder.path) }
    }
}
