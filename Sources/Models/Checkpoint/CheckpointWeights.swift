import Foundation
import Synchronization

/// The weights in a folder: one safetensors file, or the several that an index beside them lists.
///
/// `model.safetensors` or `model.safetensors.index.json`, as transformers and diffusers write them, each also
/// with a variant in its name (`model.fp16.safetensors`, `model.safetensors.index.fp16.json`). Files are
/// mapped: nothing is read before it is used.
struct CheckpointWeights {
    /// Shown in errors that no single file is to blame for.
    private let name: String
    private let files: [SafetensorsFile]
    /// Which of `files` holds a tensor.
    private let places: [String: Int]

    /// Maps the files called `stem`, the plain ones before the variant.
    ///
    /// - Throws: `SafetensorsError` where one is missing or not sound, `FoundationModelError` for the index,
    ///   and where there are weights in other formats alone.
    init(_ folder: CheckpointFiles, stem: String = "model") throws {
        let singles = ["\(stem).safetensors", "\(stem).fp16.safetensors"]
        let indices = ["\(stem).safetensors.index.json", "\(stem).safetensors.index.fp16.json"]
        let index = folder.exists(singles[0]) ? nil : indices.first(where: folder.exists)
        guard let index else {
            let single = singles.first(where: folder.exists) ?? singles[0]
            if !folder.exists(single) { try Self.refuseOthers(in: folder, stem: stem, expected: single) }
            name = folder.path(single)
            files = [try folder.tensors(single)]
            places = Dictionary(uniqueKeysWithValues: files[0].names.map { ($0, 0) })
            return
        }
        name = folder.path(index)
        let map = try Self.map(folder, index)
        let shards = Set(map.values).sorted()
        let opened = try shards.map { try folder.tensors($0) }
        files = opened
        let numbers = Dictionary(uniqueKeysWithValues: shards.enumerated().map { ($1, $0) })
        places = map.compactMapValues { numbers[$0] }
        if let missing = map.keys.sorted().first(where: { !opened[places[$0]!].contains($0) }) {
            throw SafetensorsError.missingTensor(file: opened[places[missing]!].file, tensor: missing)
        }
    }

    /// File names by tensor, as the index has them.
    private static func map(_ folder: CheckpointFiles, _ index: String) throws -> [String: String] {
        guard case .object(let map)? = try folder.object(index)["weight_map"] else {
            throw FoundationModelError.missingKey(path: folder.path(index), key: "weight_map")
        }
        return try map.mapValues { value in
            guard case .string(let shard) = value, !shard.contains("/"), shard.hasSuffix(".safetensors")
            else {
                throw FoundationModelError.malformedJSON(
                    path: folder.path(index),
                    detail: "\(value.excerpt) is no name of a safetensors file in this folder")
            }
            return shard
        }
    }

    /// Refuses weights that are there in other variants or formats only, with at most three names.
    private static func refuseOthers(in folder: CheckpointFiles, stem: String, expected: String) throws {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.folder)) ?? []).sorted()
        // `model.bf16.safetensors`, and `model.non_ema-00001-of-00002.safetensors` of several files.
        let variants = names.filter { name in
            name.hasPrefix(stem + ".") && name.hasSuffix(".safetensors")
                && !name.hasPrefix(stem + ".safetensors")
        }
        guard variants.isEmpty else {
            throw FoundationModelError.otherVariants(
                folder: folder.folder, expected: expected, found: Array(variants.prefix(3)))
        }
        let endings = [".bin", ".pt", ".pth", ".ckpt", ".msgpack", ".h5", ".gguf", ".onnx", ".npz"]
        let others = names.filter { name in endings.contains { name.lowercased().hasSuffix($0) } }
        guard others.isEmpty else {
            throw FoundationModelError.missingWeights(
                folder: folder.folder, expected: expected, found: Array(others.prefix(3)))
        }
    }

    /// Whether a tensor of this name is stored.
    func contains(_ name: String) -> Bool { places[name] != nil }

    /// The number of elements that are stored.
    var elementCount: Double {
        files.flatMap(\.declarations).reduce(0) { sum, declaration in
            sum + declaration.shape.reduce(1) { $0 * Double($1) }
        }
    }

    /// Whether a network of so many weights may be made before the names and shapes of the stored ones are
    /// compared: sizes that the files do not bear out must not cost memory, and smaller differences get the
    /// name of a tensor.
    func mayFill(_ described: Double) -> Bool { described <= 2 * elementCount + 1e6 }

    /// Overwrites every tensor of `parameters`, converted to its type; those that have it in the files become
    /// views of them.
    ///
    /// Everything is checked before the first tensor changes.
    ///
    /// - Parameters:
    ///   - parameters: what is overwritten.
    ///   - isChecked: whether all weights are read, and those that are not finite numbers refused.
    ///   - rename: gives the registered name for a name in the files, or nil for a tensor that is not used.
    /// - Throws: `SafetensorsError.missingTensor`, `.shapeMismatch`, `.unexpectedTensor`,
    ///   `.wholeNumbers`; where `isChecked`, `.notANumber`.
    func load(into parameters: ParameterStore, isChecked: Bool, rename: (String) -> String?) throws {
        var sources: [String: (name: String, file: SafetensorsFile)] = [:]
        var unexpected: [String] = []
        for name in places.keys.sorted() {
            guard let registered = rename(name) else { continue }
            if parameters[registered] == nil { unexpected.append(name) }
            sources[registered] = (name, files[places[name]!])
        }
        for entry in parameters.entries {
            guard let (name, file) = sources[entry.name], let found = file.shape(of: name) else {
                throw SafetensorsError.missingTensor(file: self.name, tensor: entry.name)
            }
            let expected = entry.tensor.shape
            if found != expected {
                throw SafetensorsError.shapeMismatch(
                    file: file.file, tensor: name, expected: expected, found: found)
            }
            if let type = file.elementType(of: name), !type.isFloatingPoint {
                throw SafetensorsError.wholeNumbers(file: file.file, tensor: name, found: type)
            }
        }
        if let first = unexpected.first {
            throw SafetensorsError.unexpectedTensor(file: name, tensor: first, count: unexpected.count)
        }
        for entry in parameters.entries {
            let (name, file) = sources[entry.name]!
            if file.elementType(of: name) == entry.tensor.elementType {
                entry.tensor.adoptMemory(of: try file.mappedTensor(named: name))
            } else {
                let source = try file.mappedTensor(named: name)
                Torch.withoutGradients { entry.tensor.copy(from: source) }
                parameters.areCopies = true
                file.discardPages(of: name)
            }
        }
        parameters.releasePages = { entry in
            guard let (name, file) = sources[entry.name] else { return }
            file.discardPages(of: name)
        }
        if isChecked { try requireFinite(parameters, from: sources) }
    }
}

// MARK: - Not-a-number

extension CheckpointWeights {
    /// Refuses loaded weights that are not finite numbers, in the order of `parameters`.
    ///
    /// They are read once in a process: the next worker loads the same files.
    ///
    /// - Parameter sources: where each was loaded from, by its registered name.
    /// - Throws: `SafetensorsError.notANumber` for the first.
    /// - Complexity: O(weights): as long as it takes to read them.
    private func requireFinite(
        _ parameters: ParameterStore, from sources: [String: (name: String, file: SafetensorsFile)]
    ) throws {
        let stamps = files.map { "\($0.file) \($0.stamp)" }.joined(separator: "\n")
        if Self.finite.withLock({ $0.contains(stamps) }) { return }
        for entry in parameters.entries {
            guard let (element, value) = entry.tensor.firstNotFinite else {
                // A look at all weights of a large model would keep gigabytes before any is used.
                parameters.discardPages(of: entry)
                continue
            }
            let (name, file) = sources[entry.name]!
            throw SafetensorsError.notANumber(
                file: file.file, tensor: name, element: element,
                value: value.isNaN ? "not a number" : "infinite as a 32-bit number")
        }
        if !Torch.isOutOfMemory { Self.finite.withLock { _ = $0.insert(stamps) } }
    }

    /// Files whose weights have been found finite, by path and time of change.
    private static let finite = Mutex<Set<String>>([])
}
