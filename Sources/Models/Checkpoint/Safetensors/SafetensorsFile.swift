import Foundation

/// Named tensors in the safetensors format, read from a file that is mapped into memory or from bytes.
///
/// A value that may travel between threads: tensors are made, each with its own copy of its elements, when
/// they are asked for.
public struct SafetensorsFile: Sendable {
    /// The longest header that is read, in bytes; the reference implementation has the same limit.
    public static let maximumHeaderLength = 100_000_000

    /// The path, or what the caller called the bytes; errors name it.
    public let file: String
    private let storage: Storage
    private let header: SafetensorsHeader
    private let positions: [String: Int]

    /// Maps the file at `path`.
    ///
    /// - Parameters:
    ///   - path: of the file.
    ///   - isReadOnce: whether the pages of a tensor leave memory as soon as it was read, so that reading all
    ///     of them, each once, takes as much memory as the largest.
    /// - Throws: `SafetensorsError` when it cannot be read or its header is not sound.
    /// - Complexity: O(tensors · log tensors), whatever their size.
    public init(path: String, isReadOnce: Bool = false) throws(SafetensorsError) {
        let file = try MappedFile(path: path)
        if file.bytes.isEmpty { throw .foreignContent(file: path, content: CheckpointFile.emptiness) }
        // Other formats are recognized by their first bytes;
        // safetensors begins with a small length and a brace.
        if let content = CheckpointContent.foreignToWeights(file.bytes.prefix(512)) {
            throw .foreignContent(file: path, content: content)
        }
        try self.init(storage: isReadOnce ? .readOnce(file) : .mapped(file), file: path)
    }

    /// Reads from `bytes`, a whole file; `name` is what errors call it.
    ///
    /// - Throws: `SafetensorsError` when its header is not sound.
    public init(bytes: [UInt8], name: String = "message") throws(SafetensorsError) {
        try self.init(storage: .bytes(bytes), file: name)
    }

    private init(storage: Storage, file: String) throws(SafetensorsError) {
        let header = try storage.withUnsafeBytes { (bytes) throws(SafetensorsError) in
            try SafetensorsHeader(parsing: bytes, file: file)
        }
        self.file = file
        self.storage = storage
        self.header = header
        positions = Dictionary(uniqueKeysWithValues: header.entries.enumerated().map { ($1.name, $0) })
    }

    /// Names and shapes of its tensors in a few words, for sentences about files that are not what they
    /// should be.
    public var listing: String {
        header.entries.isEmpty
            ? "nothing" : declarations.map { "\($0.name) \($0.shape)" }.joined(separator: ", ")
    }

    /// Tells a file from one that takes its place later; empty for bytes.
    var stamp: String { storage.mapping?.stamp ?? "" }

    /// Names in the order of their data.
    public var names: [String] { header.entries.map(\.name) }

    /// Names, shapes and types, in the order of the data.
    public var declarations: [Safetensors.Declaration] {
        header.entries.map { .init(name: $0.name, shape: $0.shape, type: $0.type) }
    }

    /// Free text that the writer left beside the tensors.
    public var metadata: [String: String] { header.metadata }

    /// Bytes of all elements, the header not counted.
    public var dataByteCount: Int { header.entries.last?.range.upperBound ?? 0 }

    /// Whether there is a tensor called `name`.
    public func contains(_ name: String) -> Bool { positions[name] != nil }

    /// The shape of the tensor called `name`; nil where there is none.
    public func shape(of name: String) -> [Int]? { positions[name].map { header.entries[$0].shape } }

    /// The element type of the tensor called `name`; nil where there is none.
    public func elementType(of name: String) -> ElementType? {
        positions[name].map { header.entries[$0].type }
    }

    /// Where the elements of the tensor called `name` lie in the file, in bytes; nil where there is none.
    public func byteRange(of name: String) -> Range<Int>? {
        positions[name].map { fileRange(of: header.entries[$0]) }
    }

    /// Compares the shape of one of its tensors with the one that it must have.
    ///
    /// - Throws: `.shapeMismatch`.
    func require(_ tensor: String, _ found: [Int], is expected: [Int]) throws(SafetensorsError) {
        guard found != expected else { return }
        throw .shapeMismatch(file: file, tensor: tensor, expected: expected, found: found)
    }

    /// A tensor with a copy of the elements, in the type they have in the file.
    ///
    /// - Throws: `SafetensorsError.missingTensor`.
    public func tensor(named name: String) throws(SafetensorsError) -> Tensor {
        let entry = try entry(name)
        return try withElements(of: name) { Tensor(bytes: $0, shape: entry.shape, type: entry.type) }
    }

    /// A tensor that is a view of the mapped file, in the type it has there; a copy where the file is held as
    /// bytes or the elements are not aligned.
    ///
    /// What is written to it stays in memory, unless the file is read once and the tensor is read again.
    ///
    /// - Throws: `SafetensorsError.missingTensor`.
    func mappedTensor(named name: String) throws(SafetensorsError) -> Tensor {
        let entry = try entry(name), range = fileRange(of: entry)
        guard let file = storage.mapping, !range.isEmpty, range.lowerBound % entry.type.size == 0 else {
            return try tensor(named: name)
        }
        return Tensor(
            lentBytes: UnsafeMutableRawBufferPointer(rebasing: file.bytes[range]), shape: entry.shape,
            type: entry.type, owner: file)
    }

    /// Overwrites `destination` with the tensor called `name`, converted to its type.
    ///
    /// - Throws: `SafetensorsError.missingTensor`.
    /// - Precondition: both have one shape.
    func copyTensor(named name: String, to destination: Tensor) throws(SafetensorsError) {
        let range = fileRange(of: try entry(name))
        destination.copy(from: try mappedTensor(named: name))
        storage.wasRead(range)
    }

    /// Lends the row-major, little-endian elements of the tensor called `name`; they need not be aligned.
    ///
    /// - Throws: `SafetensorsError.missingTensor`.
    func withElements<Result>(
        of name: String, _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(SafetensorsError) -> Result {
        let range = fileRange(of: try entry(name))
        defer { storage.wasRead(range) }
        return storage.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// Lends the elements of the tensor called `name` in each of several files, in their order.
    ///
    /// - Throws: `SafetensorsError.missingTensor`.
    static func withElements(
        of name: String, in files: [SafetensorsFile], _ body: ([UnsafeRawBufferPointer]) -> Void
    ) throws(SafetensorsError) {
        func lend(_ known: [UnsafeRawBufferPointer]) throws(SafetensorsError) {
            guard known.count < files.count else { return body(known) }
            let file = files[known.count], range = file.fileRange(of: try file.entry(name))
            defer { file.storage.wasRead(range) }
            try file.storage.withUnsafeBytes { (bytes) throws(SafetensorsError) in
                try lend(known + [UnsafeRawBufferPointer(rebasing: bytes[range])])
            }
        }
        try lend([])
    }

    /// Lends the tensor called `name`, in the type it has in the file: a view of its elements where they are
    /// aligned, else a copy. `body` neither writes to it nor keeps it.
    ///
    /// - Throws: `SafetensorsError.missingTensor`.
    func withTensor<Result>(
        named name: String, _ body: (Tensor) -> Result
    ) throws(SafetensorsError) -> Result {
        let entry = try entry(name)
        return try withElements(of: name) { elements in
            guard !elements.isEmpty, Int(bitPattern: elements.baseAddress) % entry.type.size == 0 else {
                return body(Tensor(bytes: elements, shape: entry.shape, type: entry.type))
            }
            return body(
                Tensor(
                    lentBytes: UnsafeMutableRawBufferPointer(mutating: elements), shape: entry.shape,
                    type: entry.type, owner: nil))
        }
    }

    /// Releases the memory of a tensor in a mapped file, which is read again when the tensor is used. For
    /// tensors that have not been written to.
    func discardPages(of name: String) {
        guard let position = positions[name] else { return }
        storage.mapping?.discardPages(of: fileRange(of: header.entries[position]))
    }

    private func entry(_ name: String) throws(SafetensorsError) -> SafetensorsEntry {
        guard let position = positions[name] else { throw .missingTensor(file: file, tensor: name) }
        return header.entries[position]
    }

    private func fileRange(of entry: SafetensorsEntry) -> Range<Int> {
        header.dataStart + entry.range.lowerBound..<header.dataStart + entry.range.upperBound
    }

    /// Bytes mapped or held.
    private enum Storage: Sendable {
        case mapped(MappedFile)
        case readOnce(MappedFile)
        case bytes([UInt8])

        func withUnsafeBytes<Result, Failure: Error>(
            _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
        ) throws(Failure) -> Result {
            // Data's method has no typed throws; the detour through `Result` keeps the type of the error.
            let result: Swift.Result<Result, Failure>
            switch self {
            case .mapped(let file), .readOnce(let file):
                result = Self.capture(UnsafeRawBufferPointer(file.bytes), body)
            case .bytes(let bytes): result = bytes.withUnsafeBytes { Self.capture($0, body) }
            }
            return try result.get()
        }

        /// The file where one is mapped.
        var mapping: MappedFile? {
            switch self {
            case .mapped(let file), .readOnce(let file): file
            case .bytes: nil
            }
        }

        /// The bytes of `range` will not be read again, as far as this storage knows.
        func wasRead(_ range: Range<Int>) {
            if case .readOnce(let file) = self { file.discardPages(of: range) }
        }

        private static func capture<Result, Failure: Error>(
            _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
        ) -> Swift.Result<Result, Failure> {
            do { return .success(try body(bytes)) } catch { return .failure(error) }
        }
    }
}

extension ElementType {
    /// What safetensors calls this type.
    var safetensorsName: String {
        switch self {
        case .float32: "F32"
        case .float64: "F64"
        case .float16: "F16"
        case .bfloat16: "BF16"
        case .int64: "I64"
        case .int32: "I32"
        case .uint8: "U8"
        case .bool: "BOOL"
        }
    }

    /// The type that safetensors calls `name`.
    init?(safetensorsName name: String) {
        guard let type = Self.allCases.first(where: { $0.safetensorsName == name }) else { return nil }
        self = type
    }

    /// Whether elements have a fraction.
    public var isFloatingPoint: Bool {
        switch self {
        case .float32, .float64, .float16, .bfloat16: true
        case .int64, .int32, .uint8, .bool: false
        }
    }
}
