/// A batch of the CIFAR archives for Python: a pickled dictionary from texts to lists of numbers or texts,
/// and a NumPy array of bytes.
struct PickledBatch {
    private let path: String
    private let entries: [(key: Pickle.Value, value: Pickle.Value)]

    /// Reads the file at `path`.
    ///
    /// - Throws: `DataError`.
    init(_ path: String) throws(DataError) {
        self.path = path
        let bytes = try DataFiles.read(path, limit: 1 << 30)
        do throws(PickleError) {
            guard case .dictionary(let dictionary) = try Pickle.value(of: bytes) else {
                throw PickleError(reason: "its value is no dictionary")
            }
            entries = dictionary.entries
        } catch {
            throw Self.malformed(path, error.reason)
        }
    }

    /// The list of texts under a key.
    func texts(_ key: String) throws(DataError) -> [String] {
        try list(key).map { value throws(DataError) in
            guard let text = value.text else { throw malformed("'\(key)' holds something that is no text") }
            return text
        }
    }

    /// The list of whole numbers under a key.
    func numbers(_ key: String) throws(DataError) -> [Int] {
        try list(key).map { value throws(DataError) in
            guard case .integer(let number) = value else {
                throw malformed("'\(key)' holds something that is no whole number")
            }
            return number
        }
    }

    /// The array of bytes under a key.
    func bytes(_ key: String) throws(DataError) -> ArraySlice<UInt8> {
        switch try value(key) {
        case .array(let array) where array.isBytes: return array.bytes
        case .bytes(let bytes): return bytes
        default: throw malformed("'\(key)' is no array of bytes, rows first")
        }
    }

    private func list(_ key: String) throws(DataError) -> [Pickle.Value] {
        guard case .list(let list) = try value(key) else { throw malformed("'\(key)' is no list") }
        return list.items
    }

    private func value(_ key: String) throws(DataError) -> Pickle.Value {
        guard let entry = entries.first(where: { $0.key.text == key }) else {
            let keys = entries.compactMap(\.key.text)
            throw malformed("nothing called '\(key)' in it; it has \(listed(keys))")
        }
        return entry.value
    }

    private func malformed(_ reason: String) -> DataError { Self.malformed(path, reason) }

    private static func malformed(_ path: String, _ reason: String) -> DataError {
        .malformed(path: path, line: nil, reason: "not a file of CIFAR for Python: \(reason)")
    }
}
