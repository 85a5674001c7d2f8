import Foundation
import Models
import RunLog

/// Where the models that runs end with are written, for use outside: safetensors files that PyTorch loads by
/// the names of their tensors.
///
/// `run-3-fedavg.safetensors` is the global model of run 3, and its SHA-256 is `run.model_sha256`. A run
/// whose clients end with models of their own writes one for each client that has one,
/// `run-4-fedbn-client-0.safetensors`. A file of the same name is replaced.
public struct ModelKeeping: Sendable {
    /// The folder, which is made where it is not there.
    public let folder: URL

    /// Names the folder; nothing is written yet.
    public init(folder: URL) { self.folder = folder }

    /// Makes the folder.
    ///
    /// - Throws: `FederationError.cannotStore`.
    func prepare() throws {
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw FederationError.cannotStore(path: folder.path, reason: BlobStore.reason(error))
        }
    }

    /// Writes what a run has ended with.
    ///
    /// - Returns: a sentence where something is not written.
    /// - Throws: `FederationError.cannotStore`; `SafetensorsError` where a part of a model cannot be read.
    func keep(_ results: RunResults, run: Int64, method: String) throws -> String? {
        let name = "run-\(run)-\(method)"
        guard let sha256 = results.modelSHA256 else {
            return "\(name): no model to be kept: none was trained"
        }
        do {
            for model in results.finalPersonalModels {
                try write(model.weights.encoded(), to: "\(name)-client-\(model.client)")
            }
            if results.finalPersonalModels.isEmpty {
                try (results.finalModel?.bytes ?? results.finalHead).map { try write($0.load(), to: name) }
            }
        } catch is ContentMissing {
            // A run that is re-timed trains nothing.
            return "\(name): its model is not kept: it was made by the run of which this one took the work "
                + "(model_sha256 \(sha256.prefix(12)))"
        }
        return nil
    }

    private func write(_ bytes: [UInt8], to name: String) throws {
        let file = folder.appendingPathComponent("\(name).safetensors")
        do {
            try Data(bytes).write(to: file, options: .atomic)
        } catch {
            throw FederationError.cannotStore(path: file.path, reason: BlobStore.reason(error))
        }
    }
}

extension ModelStart {
    /// The whole model as a safetensors file.
    ///
    /// - Throws: `ContentMissing`; `SafetensorsError` where a part cannot be read.
    fileprivate func encoded() throws -> [UInt8] {
        switch self {
        case .initial: preconditionFailure("a run does not end with fresh weights")
        case .state(let bytes), .merged(let bytes, nil): return try bytes.load()
        case .merged(let shared, let own?):
            let shared = try SafetensorsFile(bytes: shared.load())
            let own = try SafetensorsFile(bytes: own.load())
            return Safetensors.encode(
                try own.names.map { ($0, try (shared.contains($0) ? shared : own).tensor(named: $0)) })
        }
    }
}
