import Core
import Foundation
import Models

/// What the providers of models on disk have in common.
enum ModelFolder {
    /// Opens a model on the calling thread, which need not be a worker, with one thread per operator, as
    /// workers do.
    ///
    /// - Throws: what `open` throws; `TorchError.unavailable`.
    static func loaded<Pipeline>(_ open: () throws -> Pipeline) throws -> Pipeline {
        try Torch.load()
        Torch.prepareThread()
        return try open()
    }

    /// What the calling thread has opened in `folder`, made when first needed.
    static func opened<Pipeline: AnyObject>(_ folder: URL, _ open: () throws -> Pipeline) rethrows -> Pipeline
    {
        try opened(folder.path, as: Pipeline.self, open)
    }

    /// What the calling thread has opened under a name, made when first needed.
    static func opened<Pipeline>(
        _ name: String, as type: Pipeline.Type, _ open: () throws -> Pipeline
    ) rethrows -> Pipeline {
        let key = "fgl-sim \(Pipeline.self) \(name)"
        if let known = Thread.current.threadDictionary[key] as? Pipeline { return known }
        let pipeline = try open()
        // Weights that found no memory are none.
        if Torch.isOutOfMemory { return pipeline }
        Thread.current.threadDictionary[key] = pipeline
        return pipeline
    }

    /// Whether `files`, those that a pipeline has just read, have the identity `sha256` of a log.
    ///
    /// - Throws: `SafetensorsError.fileAccess`.
    static func matches(_ files: LoadedFiles, knownBy sha256: String) throws -> Bool {
        try files.sha256() == sha256 || sha256OfVersion0_1(of: URL(fileURLWithPath: files.folder)) == sha256
    }

    /// The identity of a model in logs of version 0.1: SHA-256 over the paths and contents of all files in
    /// its folder, those of linked folders left out, in the order of the paths.
    private static func sha256OfVersion0_1(of folder: URL) -> String {
        let root = folder.resolvingSymlinksInPath().path
        let names = (FileManager.default.enumerator(atPath: root)?.allObjects as? [String] ?? []).sorted()
        var hash = SHA256()
        for name in names {
            var status = stat()
            // Reading a pipe would wait for ever.
            guard stat("\(root)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG,
                let file = try? Data(
                    contentsOf: URL(fileURLWithPath: root).appendingPathComponent(name),
                    options: .alwaysMapped)
            else { continue }
            hash.update(data: Array("\(name) \(file.count)\n".utf8))
            hash.update(data: file)
        }
        return hash.finalize().hexadecimal
    }
}

/// Does something once, by the first worker: compares the folder of a model with the hash in a run log.
final class FolderCheck: Sendable {
    private let isDone: Monitor<Bool>

    init(isDone: Bool) {
        self.isDone = Monitor(isDone)
    }

    func once(_ body: () throws -> Void) rethrows {
        try isDone.update { isDone in
            guard !isDone else { return }
            try body()
            isDone = true
        }
    }
}
