/// Why bytes are not a pickle of the kind that is read.
struct PickleError: Error {
    let reason: String
}

/// The part of Python's pickle format that data sets use: dictionaries, lists and tuples of numbers and
/// texts, and NumPy arrays. Nothing that a pickle names is looked up or called; a name that is not in the
/// list of `Global` is an error. Protocols 2 to 5:
/// https://github.com/python/cpython/blob/main/Lib/pickletools.py.
enum Pickle {
    /// What a pickle holds.
    indirect enum Value {
        case none
        case boolean(Bool)
        case integer(Int)
        case number(Double)
        case bytes(ArraySlice<UInt8>)
        case string(String)
        /// Values, and how many tuples stand in each other.
        case tuple([Value], depth: Int)
        case list(List)
        case dictionary(Dictionary)
        case global(Global)
        case type(ElementType)
        case array(Array)

        /// The value as a text: strings of Python 2 are bytes.
        var text: String? {
            switch self {
            case .string(let text): text
            case .bytes(let bytes): String(validating: bytes, as: UTF8.self)
            default: nil
            }
        }

        /// The value as a text where that is as short as the names of types and modules; a longer one is not
        /// copied, as a pickle may ask for it over and over.
        var shortText: String? {
            switch self {
            case .string(let text): text.utf8.count <= 64 ? text : nil
            case .bytes(let bytes): bytes.count <= 64 ? text : nil
            default: nil
            }
        }

        /// Whether a dictionary of data may hold it: with tuples and dictionaries, nesting would have no end.
        var isOfData: Bool {
            switch self {
            case .list, .array: true
            default: isPlain
            }
        }

        /// Whether it holds no other value that grows, so that lists of it cannot nest.
        var isPlain: Bool {
            switch self {
            case .none, .boolean, .integer, .number, .bytes, .string: true
            default: false
            }
        }
    }

    /// A list, which a pickle fills after it has been named.
    final class List {
        fileprivate(set) var items: [Value] = []
    }

    /// A dictionary, likewise, in the order of the file.
    final class Dictionary {
        fileprivate(set) var entries: [(key: Value, value: Value)] = []
    }

    /// A NumPy array.
    final class Array {
        fileprivate(set) var bytes: ArraySlice<UInt8> = []
        fileprivate(set) var shape: [Int] = []
        fileprivate(set) var type: String = ""
        fileprivate(set) var isColumnMajor = false

        /// Whether its elements are unsigned bytes, rows first, as many as its shape says.
        var isBytes: Bool {
            var product = 1
            for size in shape {
                let (next, overflow) = product.multipliedReportingOverflow(by: size)
                guard size >= 0, !overflow else { return false }
                product = next
            }
            return (type == "u1" || type == "|u1") && !isColumnMajor && product == bytes.count
        }
    }

    /// A NumPy type of elements, by its name.
    struct ElementType {
        let name: String
    }

    /// What a pickle may name.
    enum Global: String {
        case array = "ndarray"
        case reconstruct = "_reconstruct"
        case fromBuffer = "_frombuffer"
        case elementType = "dtype"
        case scalar
        case encode

        /// The meaning of a name in a module; nil for everything else.
        init?(module: String, name: String) {
            switch (module, name) {
            case ("numpy", "ndarray"), ("numpy", "dtype"),
                ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"),
                ("numpy.core.multiarray", "scalar"), ("numpy._core.multiarray", "scalar"),
                ("numpy.core.numeric", "_frombuffer"), ("numpy._core.numeric", "_frombuffer"),
                ("_codecs", "encode"):
                self.init(rawValue: name)
            default: return nil
            }
        }
    }

    /// The value that `bytes` stand for.
    ///
    /// - Throws: `PickleError`.
    static func value(of bytes: [UInt8]) throws(PickleError) -> Value {
        var machine = PickleMachine(bytes)
        return try machine.run()
    }
}

extension Pickle.Array {
    /// Takes the state that `__setstate__` of NumPy's arrays takes: version, shape, type, order, bytes.
    func set(_ state: Pickle.Value) throws(PickleError) {
        guard case .tuple(let parts, _) = state, parts.count == 5, case .type(let type) = parts[2],
            case .boolean(let isColumnMajor) = parts[3], case .bytes(let bytes) = parts[4]
        else { throw PickleError(reason: "an array of an unknown form") }
        try fill(bytes, type, shape: parts[1], isColumnMajor: isColumnMajor)
    }

    /// Takes bytes of a type and shape.
    func fill(
        _ bytes: ArraySlice<UInt8>, _ type: Pickle.ElementType, shape: Pickle.Value, isColumnMajor: Bool
    ) throws(PickleError) {
        guard case .tuple(let sizes, _) = shape else { throw PickleError(reason: "an array without a shape") }
        self.shape = []
        for size in sizes {
            guard case .integer(let size) = size else {
                throw PickleError(reason: "an array without a shape")
            }
            self.shape.append(size)
        }
        self.type = type.name
        self.isColumnMajor = isColumnMajor
        self.bytes = bytes
    }
}

extension Pickle.List {
    /// Adds values; lists hold no other lists.
    func append(_ values: some Collection<Pickle.Value>) throws(PickleError) {
        guard values.allSatisfy(\.isPlain) else { throw PickleError(reason: "a list of other lists") }
        items += values
    }
}

extension Pickle.Dictionary {
    /// Adds keys and values in turn.
    func append(_ values: some Collection<Pickle.Value>) throws(PickleError) {
        var key: Pickle.Value?
        for value in values {
            guard let known = key else {
                guard value.isPlain else {
                    throw PickleError(reason: "a dictionary with a key that is no text")
                }
                key = value
                continue
            }
            guard value.isOfData else {
                throw PickleError(reason: "a dictionary that holds dictionaries or tuples")
            }
            entries.append((known, value))
            key = nil
        }
        if key != nil { throw PickleError(reason: "a key without a value") }
    }
}
