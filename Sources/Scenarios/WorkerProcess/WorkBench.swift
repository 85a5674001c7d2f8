import Core
import Foundation
import Models
import RunLog

/// Does the work of frames with what a worker has: its inputs, and its cache of bytes.
package struct WorkBench {
    private var inputs = WorkerInputs()
    private var cache: BlobCache
    private let shared: SharedFolder?
    private let resultFolder: String

    package init(_ options: WorkerService.Options) {
        resultFolder = "\(options.cacheFolder)/results-\(UUID().uuidString)"
        shared = options.sharedFolder.map { SharedFolder(existing: $0) }
        cache = BlobCache(
            folder: options.cacheFolder, limitBytes: options.cacheLimitBytes, shared: shared)
    }

    /// Why a worker does not do a piece of work.
    private struct Refusal: Error {
        let reason: String
    }

    /// The answer to a frame: a result, the hashes of bytes that are missing, or why the work failed.
    package mutating func answer(_ frame: Frame) -> Frame {
        do {
            return try result(of: frame)
        } catch let error as Refusal {
            return Self.failure(error.reason)
        } catch let error as MissingBytes {
            var reply = WorkerReply()
            reply.need = error.names
            return Frame(reply)
        } catch let error as FederationError {
            if case .inputMissing = error { return Self.failure("\(error)", lacksInput: true) }
            if case .inputChanged = error { return Self.failure("\(error)", lacksInput: true) }
            return Self.failure("\(error)")
        } catch let error as LackingInputs {
            return Self.failure("\(error.cause)", lacksInput: true)
        } catch {
            return Self.failure("\(error)")
        }
    }

    private static func failure(_ reason: String, lacksInput: Bool = false) -> Frame {
        var reply = WorkerReply()
        reply.failed = TerminalText.line(reason, limit: 2000)
        reply.lacksInput = lacksInput
        return Frame(reply)
    }

    /// Bytes that the work needs and that are not here.
    private struct MissingBytes: Error {
        let names: [String]
    }

    private mutating func result(of frame: Frame) throws -> Frame {
        guard let job = frame.decoded(JobMessage.self), let text = frame.bodies.first else {
            throw Refusal(reason: "the frame is no piece of work")
        }
        guard SHA256.hash(data: text).hexadecimal == job.key,
            let text = String(validating: text, as: UTF8.self)
        else { throw Refusal(reason: "the work does not have the hash \(job.key.prefix(64))") }
        let work = try WorkMessage(text: text).work()
        let bytes = try take(job, frame.bodies.dropFirst(), readBy: work)
        guard let scenario = bytes.last, let words = String(validating: try scenario.load(), as: UTF8.self)
        else { throw Refusal(reason: "the scenario is no text") }
        // All of it in memory: a result is written to a file by the driver.
        let store = BlobStore(folder: resultFolder, memoryBudgetBytes: .max)
        return try store.lending(bytes) {
            let environment = try inputs.environment(for: work, words, scenario.sha256, blobs: store)
            return try perform(work, job.key, in: environment)
        }
    }

    /// Takes what has come with a job, and finds what it reads; the scenario is last.
    private mutating func take(
        _ job: JobMessage, _ bodies: ArraySlice<[UInt8]>, readBy work: any Work
    ) throws -> [StoredBytes] {
        let attached = job.attached ?? []
        guard attached.count == bodies.count else { throw Refusal(reason: "bytes without their hashes") }
        for (sha256, body) in zip(attached, bodies) where !cache.keep(body, as: sha256) {
            throw Refusal(reason: "bytes do not have the hash \(sha256.prefix(64))")
        }
        let names = job.inputs + [job.scenario]
        let announced = Set(job.inputs)
        guard work.inputs.allSatisfy({ announced.contains(BlobName($0)) }) else {
            throw Refusal(reason: "the work reads bytes that the job does not name")
        }
        cache.forget(besides: Set(names.map(\.sha256)))
        var found: [StoredBytes] = [], missing: [String] = []
        for name in names {
            if let bytes = cache.bytes(name) { found.append(bytes) } else { missing.append(name.sha256) }
        }
        guard missing.isEmpty else { throw MissingBytes(names: missing) }
        return found
    }

    private func perform<Task: Work>(
        _ work: Task, _ key: String, in environment: WorkerEnvironment
    ) throws -> Frame {
        let start = ContinuousClock.now
        let outcome = try work.performed(in: environment)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let contents = outcome.output.contents
        let bodies = try contents.map { try $0.load() }
        if let shared {
            for (bytes, body) in zip(contents, bodies) {
                try shared.put(body, as: SharedFolder.resultName(bytes.sha256))
            }
        }
        let record = ResultRecord(
            sha256: outcome.sha256, fields: outcome.metrics?.text, blobs: contents.map(BlobName.init),
            seconds: seconds, cached: outcome.isCached, shared: shared != nil)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(record), as: UTF8.self)
        var reply = WorkerReply()
        reply.result = text
        reply.seal = SHA256.hash(data: Array("\(key)\n\(text)".utf8)).hexadecimal
        return Frame(reply, bodies: shared == nil ? bodies : [])
    }
}
