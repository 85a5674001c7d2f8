import Foundation

/// Writing of safetensors files.
///
/// The bytes are a function of the arguments: metadata is sorted by key, the header is padded with spaces to
/// a multiple of 8 bytes, and tensors of larger elements come first (otherwise in the given order), as the
/// reference implementation lays them out. So every tensor is aligned, and readers that view memory in place
/// accept the file.
public enum Safetensors {
    /// A file of named tensors; floating-point ones are converted to `type` where one is given.
    ///
    /// - Precondition: names differ, and none is `__metadata__`.
    public static func encode(
        _ tensors: [(name: String, tensor: Tensor)], as type: ElementType? = nil,
        metadata: [String: String] = [:]
    ) -> [UInt8] {
        let declarations = tensors.map {
            Declaration(name: $0.name, shape: $0.tensor.shape, type: $0.tensor.elementType)
        }
        return encode(declarations, as: type, metadata: metadata) { index, type, bytes in
            tensors[index].tensor.to(type).copyBytes(to: bytes)
        }
    }

    /// A file whose elements `fill` writes, row-major and little-endian: it is given the position of a
    /// declaration, the type to write, and room for exactly its elements, which is not aligned.
    static func encode(
        _ declarations: [Declaration], as type: ElementType? = nil, metadata: [String: String] = [:],
        fill: (Int, ElementType, UnsafeMutableRawBufferPointer) -> Void
    ) -> [UInt8] {
        let plan = Plan(declarations, as: type, metadata: metadata)
        return [UInt8](unsafeUninitializedCapacity: plan.byteCount) { buffer, initialized in
            _ = buffer.initialize(fromContentsOf: plan.header)
            let data = UnsafeMutableRawBufferPointer(buffer)[plan.header.count...]
            for item in plan.items {
                let start = data.startIndex + item.range.lowerBound
                fill(item.index, item.type, .init(rebasing: data[start..<start + item.range.count]))
            }
            initialized = plan.byteCount
        }
    }

    /// How many bytes `encode` makes of tensors like these, without making them.
    public static func encodedByteCount(
        _ tensors: [Declaration], as type: ElementType? = nil, metadata: [String: String] = [:]
    ) -> Int {
        Plan(tensors, as: type, metadata: metadata).byteCount
    }

    /// Encodes and writes to `path`; a file that stands there is replaced at once or not at all.
    ///
    /// - Throws: `SafetensorsError.unwritable`.
    public static func write(
        _ tensors: [(name: String, tensor: Tensor)], to path: String, as type: ElementType? = nil,
        metadata: [String: String] = [:]
    ) throws(SafetensorsError) {
        try write(encode(tensors, as: type, metadata: metadata), to: path)
    }

    /// Writes an encoded file to `path`; a file that stands there is replaced at once or not at all.
    ///
    /// - Throws: `SafetensorsError.unwritable`.
    public static func write(_ bytes: [UInt8], to path: String) throws(SafetensorsError) {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw .unwritable(file: path, reason: error.systemReason)
        }
    }

    /// Name, shape and type of a tensor that need not exist yet.
    public struct Declaration: Sendable, Hashable {
        public let name: String
        public let shape: [Int]
        public let type: ElementType

        public init(name: String, shape: [Int], type: ElementType) {
            self.name = name
            self.shape = shape
            self.type = type
        }

        /// The number of its elements.
        public var elementCount: Int { shape.reduce(1, *) }

        /// Bytes of its elements.
        public var byteCount: Int { shape.reduce(type.size, *) }
    }

    /// Where everything goes in the file.
    private struct Plan {
        struct Item {
            /// Position among the tensors that were given.
            let index: Int
            let type: ElementType
            /// In bytes behind the header.
            let range: Range<Int>
        }

        private(set) var items: [Item] = []
        /// The length, the JSON and its padding.
        private(set) var header: [UInt8] = []
        private(set) var byteCount: Int

        init(_ tensors: [Declaration], as target: ElementType?, metadata: [String: String]) {
            precondition(Set(tensors.map(\.name)).count == tensors.count, "tensors share a name")
            let types = tensors.map { $0.type.isFloatingPoint ? target ?? $0.type : $0.type }
            // The index decides between equal sizes, which makes the order stable.
            let order = tensors.indices.sorted { (-types[$0].size, $0) < (-types[$1].size, $1) }
            var members: [String] = []
            if !metadata.isEmpty {
                let pairs = metadata.sorted { $0.key < $1.key }
                    .map { "\(Self.quoted($0.key)):\(Self.quoted($0.value))" }
                members.append("\"\(HeaderDocument.metadataName)\":{\(pairs.joined(separator: ","))}")
            }
            var end = 0
            for index in order {
                let (tensor, type) = (tensors[index], types[index])
                precondition(tensor.name != HeaderDocument.metadataName, "a tensor is named \(tensor.name)")
                let start = end
                end += tensor.shape.reduce(type.size, *)
                items.append(Item(index: index, type: type, range: start..<end))
                let shape = tensor.shape.map(String.init).joined(separator: ",")
                members.append(
                    "\(Self.quoted(tensor.name)):{\"dtype\":\"\(type.safetensorsName)\",\"shape\":[\(shape)],"
                        + "\"data_offsets\":[\(start),\(end)]}")
            }
            var json = Array("{\(members.joined(separator: ","))}".utf8)
            json.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - json.count % 8) % 8))
            header = withUnsafeBytes(of: UInt64(json.count).littleEndian, Array.init) + json
            byteCount = header.count + end
        }

        /// `text` as a JSON string.
        private static func quoted(_ text: String) -> String {
            // A string can always be encoded.
            String(decoding: try! JSONEncoder().encode(text), as: UTF8.self)
        }
    }
}
