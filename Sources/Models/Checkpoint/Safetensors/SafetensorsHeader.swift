import Foundation

/// What the header of a safetensors file says about one tensor.
struct SafetensorsEntry: Sendable, Hashable {
    let name: String
    let type: ElementType
    let shape: [Int]
    /// Where its elements lie, in bytes behind the header.
    let range: Range<Int>
}

/// The checked header of a safetensors file.
///
/// Source: https://huggingface.co/docs/safetensors (section "Format"): 8 bytes of little-endian length, a
/// JSON object `{"name": {"dtype": …, "shape": […], "data_offsets": [begin, end]}, "__metadata__": {…}}`,
/// then the elements, row-major and little-endian, without holes.
struct SafetensorsHeader: Sendable {
    /// By the position of their data.
    let entries: [SafetensorsEntry]
    let metadata: [String: String]
    /// Where the data starts in the file, in bytes.
    let dataStart: Int

    /// Reads and checks the header of `bytes`, the whole file.
    ///
    /// - Throws: `SafetensorsError`; nothing of the header is believed before it was checked against the
    ///   length of `bytes`.
    init(parsing bytes: UnsafeRawBufferPointer, file: String) throws(SafetensorsError) {
        guard bytes.count >= 8 else { throw .truncatedHeader(file: file, length: bytes.count, needed: 8) }
        let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard length <= UInt64(SafetensorsFile.maximumHeaderLength) else {
            throw .headerTooLong(file: file, length: length)
        }
        guard length <= UInt64(bytes.count - 8) else {
            throw .truncatedHeader(file: file, length: bytes.count, needed: length + 8)
        }
        dataStart = 8 + Int(length)
        let json = UnsafeRawBufferPointer(rebasing: bytes[8..<dataStart])
        guard json.first == UInt8(ascii: "{") else {
            throw .malformedHeader(file: file, reason: "it does not start with {")
        }
        let document: HeaderDocument
        do {
            document = try JSONDecoder().decode(HeaderDocument.self, from: Data(json))
        } catch {
            throw .malformedHeader(file: file, reason: Self.reason(of: error))
        }
        guard Self.memberCount(json) == document.memberCount else { throw .duplicateName(file: file) }
        metadata = document.metadata
        entries = try Self.check(document.tensors, dataLength: bytes.count - dataStart, file: file)
    }

    /// Turns declarations into entries that tile the data without gap or overlap.
    private static func check(
        _ tensors: [String: HeaderDocument.Tensor], dataLength: Int, file: String
    ) throws(SafetensorsError) -> [SafetensorsEntry] {
        var entries: [SafetensorsEntry] = []
        if let needed = Self.tiledByteCount(tensors.values.map(\.offsets)), needed > dataLength {
            throw .truncatedData(file: file, length: dataLength, needed: needed)
        }
        // Sorted, so that of several faults it is always the same one that is reported.
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            guard let type = ElementType(safetensorsName: tensor.type) else {
                throw .unknownElementType(file: file, tensor: name, found: tensor.type)
            }
            guard let byteCount = self.byteCount(tensor.shape, type) else {
                throw .invalidShape(file: file, tensor: name, shape: tensor.shape)
            }
            let offsets = tensor.offsets
            guard offsets.count == 2, 0 <= offsets[0], offsets[0] <= offsets[1], offsets[1] <= dataLength
            else {
                throw .offsetsOutside(file: file, tensor: name, offsets: offsets, dataLength: dataLength)
            }
            guard offsets[1] - offsets[0] == byteCount else {
                let found = offsets[1] - offsets[0]
                throw .byteCountMismatch(file: file, tensor: name, expected: byteCount, found: found)
            }
            entries.append(.init(name: name, type: type, shape: tensor.shape, range: offsets[0]..<offsets[1]))
        }
        try checkTiling(&entries, dataLength: dataLength, file: file)
        return entries
    }

    /// Sorts entries by their data, which must follow one another from the first byte to the last.
    private static func checkTiling(
        _ entries: inout [SafetensorsEntry], dataLength: Int, file: String
    ) throws(SafetensorsError) {
        entries.sort {
            ($0.range.lowerBound, $0.range.upperBound, $0.name)
                < ($1.range.lowerBound, $1.range.upperBound, $1.name)
        }
        var end = 0
        for entry in entries {
            guard entry.range.lowerBound == end else {
                let start = entry.range.lowerBound
                throw .notAdjacent(file: file, tensor: entry.name, start: start, expected: end)
            }
            end = entry.range.upperBound
        }
        guard end == dataLength else { throw .trailingBytes(file: file, end: end, dataLength: dataLength) }
    }

    /// Where data ends that tensors of these offsets tile without gap or overlap; nil where they do not. A
    /// download that was cut off declares more than it has.
    private static func tiledByteCount(_ offsets: [[Int]]) -> Int? {
        var end = 0
        for range in offsets.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            guard range.count == 2, range[0] == end, range[1] >= end else { return nil }
            end = range[1]
        }
        return end
    }

    /// Bytes of a tensor; nil where a size is negative or the product overflows.
    private static func byteCount(_ shape: [Int], _ type: ElementType) -> Int? {
        var total = type.size
        for size in shape {
            let (product, overflow) = total.multipliedReportingOverflow(by: size)
            guard size >= 0, !overflow else { return nil }
            total = product
        }
        return total
    }

    /// Members of the outer object and of those directly inside it, counted by their colons.
    ///
    /// The decoder keeps one of two equal names without a word; the count tells. `json` is known to be valid.
    private static func memberCount(_ json: UnsafeRawBufferPointer) -> Int {
        var depth = 0, colons = 0, inString = false, escaped = false
        for byte in json {
            if inString {
                if escaped {
                    escaped = false
                } else if byte == UInt8(ascii: "\\") {
                    escaped = true
                } else if byte == UInt8(ascii: "\"") {
                    inString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): inString = true
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: ":") where depth <= 2: colons += 1
            default: break
            }
        }
        return colons
    }

    private static func reason(of error: any Error) -> String {
        guard let error = error as? DecodingError else { return "it is not JSON" }
        switch error {
        case .keyNotFound(let key, let context):
            return "\(path(context.codingPath)) has no \(key.stringValue)"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return "\(path(context.codingPath)) is of the wrong kind"
        case .dataCorrupted(let context):
            guard !context.codingPath.isEmpty else { return "it is not JSON" }
            return "\(path(context.codingPath)) is out of range"
        @unknown default:
            return "it is not JSON"
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        let names = keys.map { $0.intValue.map(String.init) ?? $0.stringValue }
        return names.isEmpty ? "the outermost value" : names.joined(separator: "/")
    }
}
