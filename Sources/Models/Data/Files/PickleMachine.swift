/// The stack machine that a pickle is a program of, without the instructions that data sets have no use for.
struct PickleMachine {
    private let bytes: [UInt8]
    private var position = 0
    private var stack: [Pickle.Value] = []
    private var marks: [Int] = []
    private var memo: [Int: Pickle.Value] = [:]
    /// How many bytes calls have copied: a value that is kept can be given to any number of them.
    private var copied = 0

    /// The most instructions of a pickle; a batch of CIFAR-100 has about 300,000.
    private static let limit = 4_000_000
    /// How deep tuples may stand in each other.
    private static let depth = 8

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Runs the program to its end.
    mutating func run() throws(PickleError) -> Pickle.Value {
        guard bytes.count >= 2, bytes[0] == 0x80 else {
            throw PickleError(reason: "no pickle of protocol 2 or later")
        }
        for _ in 0..<Self.limit {
            let instruction = try next()
            if instruction == UInt8(ascii: ".") { return try pop() }
            if try !step(structure: instruction), try !step(scalar: instruction) {
                throw PickleError(
                    reason:
                        "instruction 0x\(String(instruction, radix: 16)) at byte \(position - 1), of which "
                            + "such "
                        + "files have none")
            }
        }
        throw PickleError(reason: "more than \(Self.limit) instructions")
    }

    // MARK: Instructions

    /// Instructions that build values of others; false for one of another kind.
    private mutating func step(structure instruction: UInt8) throws(PickleError) -> Bool {
        switch instruction {
        case UInt8(ascii: "("): marks.append(stack.count)
        case UInt8(ascii: "}"): stack.append(.dictionary(Pickle.Dictionary()))
        case UInt8(ascii: "]"): stack.append(.list(Pickle.List()))
        case UInt8(ascii: ")"): stack.append(.tuple([], depth: 1))
        case UInt8(ascii: "t"): try push(tuple: try popToMark())
        case 0x85...0x87: try push(tuple: try pop(count: Int(instruction) - 0x84))
        case UInt8(ascii: "a"): try append([try pop()])
        case UInt8(ascii: "e"): try append(try popToMark())
        case UInt8(ascii: "s"): try set(try pop(count: 2))
        case UInt8(ascii: "u"): try set(try popToMark())
        case UInt8(ascii: "q"): try put(Int(try next()))
        case UInt8(ascii: "r"): try put(try little(4))
        case 0x94: try put(memo.count)
        case UInt8(ascii: "h"): try get(Int(try next()))
        case UInt8(ascii: "j"): try get(try little(4))
        case UInt8(ascii: "c"): try push(module: try line(), name: try line())
        case 0x93:
            let names = try pop(count: 2)
            try push(module: names[0].shortText ?? "", name: names[1].shortText ?? "")
        case UInt8(ascii: "R"): try call()
        case UInt8(ascii: "b"): try build()
        default: return false
        }
        return true
    }

    /// Instructions that push a value that stands in the file; false for one of another kind.
    private mutating func step(scalar instruction: UInt8) throws(PickleError) -> Bool {
        switch instruction {
        case 0x80:
            let version = try next()
            guard (2...5).contains(version) else { throw PickleError(reason: "protocol \(version)") }
        case 0x95: _ = try take(8)
        case UInt8(ascii: "N"): stack.append(.none)
        case 0x88, 0x89: stack.append(.boolean(instruction == 0x88))
        case UInt8(ascii: "K"): stack.append(.integer(try little(1)))
        case UInt8(ascii: "M"): stack.append(.integer(try little(2)))
        case UInt8(ascii: "J"): stack.append(.integer(Int(Int32(truncatingIfNeeded: try little(4)))))
        case 0x8A: stack.append(.integer(try signed(Int(try next()))))
        case UInt8(ascii: "G"):
            stack.append(.number(Double(bitPattern: try take(8).reduce(0) { $0 << 8 | UInt64($1) })))
        case UInt8(ascii: "U"), UInt8(ascii: "C"): stack.append(.bytes(try take(try little(1))))
        case UInt8(ascii: "T"), UInt8(ascii: "B"): stack.append(.bytes(try take(try little(4))))
        case 0x8E, 0x96: stack.append(.bytes(try take(try little(8))))
        case 0x8C: try push(text: try take(try little(1)))
        case UInt8(ascii: "X"): try push(text: try take(try little(4)))
        case 0x8D: try push(text: try take(try little(8)))
        default: return false
        }
        return true
    }

    /// Calls one of the functions that are known.
    private mutating func call() throws(PickleError) {
        let values = try pop(count: 2)
        guard case .global(let function) = values[0], case .tuple(let arguments, _) = values[1] else {
            throw PickleError(reason: "a call of something that is no function")
        }
        if function == .encode, case .string(let text)? = arguments.first {
            copied += text.utf8.count
            guard copied <= 4 * bytes.count else {
                throw PickleError(reason: "the same text is turned into bytes over and over")
            }
        }
        guard let result = try Self.result(of: function, arguments) else {
            throw PickleError(
                reason: "a call of '\(function.rawValue)' with \(arguments.count) unknown arguments")
        }
        stack.append(result)
    }

    /// What a function returns; nil for arguments that it does not take.
    private static func result(
        of function: Pickle.Global, _ arguments: [Pickle.Value]
    ) throws(PickleError) -> Pickle.Value? {
        switch (function, arguments.count) {
        case (.reconstruct, 3):
            return .array(Pickle.Array())
        case (.elementType, 1...):
            return arguments[0].shortText.flatMap { name in
                name.utf8.count <= 16 ? .type(Pickle.ElementType(name: name)) : nil
            }
        case (.fromBuffer, 4):
            guard case .bytes(let bytes) = arguments[0], case .type(let type) = arguments[1] else {
                return nil
            }
            let array = Pickle.Array()
            try array.fill(bytes, type, shape: arguments[2], isColumnMajor: arguments[3].shortText == "F")
            return .array(array)
        case (.scalar, 2):
            guard case .type(let type) = arguments[0], case .bytes(let bytes) = arguments[1],
                ["i1", "i2", "i4", "i8", "u1"].contains(type.name), (1...8).contains(bytes.count)
            else { return nil }
            return .integer(signed(bytes, isSigned: type.name != "u1"))
        case (.encode, 2):
            // Python 3 writes bytes so where the protocol is 2: a character for each.
            guard case .string(let text) = arguments[0], text.unicodeScalars.allSatisfy({ $0.value < 256 })
            else {
                return nil
            }
            return .bytes(text.unicodeScalars.map { UInt8($0.value) }[...])
        default:
            return nil
        }
    }

    /// Gives a value its state.
    private mutating func build() throws(PickleError) {
        let state = try pop()
        switch stack.last {
        case .array(let array): try array.set(state)
        case .type: break  // Its state says nothing of bytes that its name does not.
        default: throw PickleError(reason: "the state of something that has none")
        }
    }

    // MARK: Stack and memo

    private mutating func push(tuple values: [Pickle.Value]) throws(PickleError) {
        let depths = values.map { value in
            if case .tuple(_, let depth) = value { depth } else { 0 }
        }
        let depth = 1 + (depths.max() ?? 0)
        guard depth <= Self.depth else { throw PickleError(reason: "tuples too deep") }
        stack.append(.tuple(values, depth: depth))
    }

    private mutating func push(text bytes: ArraySlice<UInt8>) throws(PickleError) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw PickleError(reason: "a text that is not UTF-8")
        }
        stack.append(.string(text))
    }

    private mutating func push(module: String, name: String) throws(PickleError) {
        guard let global = Pickle.Global(module: module, name: name) else {
            throw PickleError(
                reason: "it names '\(module.prefix(60)).\(name.prefix(60))', which such files do not")
        }
        stack.append(.global(global))
    }

    private mutating func pop() throws(PickleError) -> Pickle.Value {
        guard stack.count > (marks.last ?? 0), let value = stack.popLast() else {
            throw PickleError(reason: "values are missing at byte \(position)")
        }
        return value
    }

    private mutating func pop(count: Int) throws(PickleError) -> [Pickle.Value] {
        guard stack.count - (marks.last ?? 0) >= count else {
            throw PickleError(reason: "values are missing at byte \(position)")
        }
        defer { stack.removeLast(count) }
        return Array(stack.suffix(count))
    }

    private mutating func popToMark() throws(PickleError) -> [Pickle.Value] {
        guard let mark = marks.popLast() else {
            throw PickleError(reason: "a mark is missing at byte \(position)")
        }
        defer { stack.removeLast(stack.count - mark) }
        return Array(stack[mark...])
    }

    private mutating func append(_ values: [Pickle.Value]) throws(PickleError) {
        guard case .list(let list) = stack.last else {
            throw PickleError(reason: "no list at byte \(position)")
        }
        try list.append(values)
    }

    private mutating func set(_ values: [Pickle.Value]) throws(PickleError) {
        guard case .dictionary(let dictionary) = stack.last else {
            throw PickleError(reason: "no dictionary at byte \(position)")
        }
        try dictionary.append(values)
    }

    private mutating func put(_ index: Int) throws(PickleError) {
        guard let value = stack.last else {
            throw PickleError(reason: "values are missing at byte \(position)")
        }
        memo[index] = value
    }

    private mutating func get(_ index: Int) throws(PickleError) {
        guard let value = memo[index] else { throw PickleError(reason: "nothing was kept as \(index)") }
        stack.append(value)
    }

    // MARK: Bytes

    private mutating func next() throws(PickleError) -> UInt8 { try take(1).first! }

    private mutating func take(_ count: Int) throws(PickleError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= bytes.count - position else {
            throw PickleError(reason: "it ends after \(bytes.count) bytes, before it is complete")
        }
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// An unsigned number of `count` bytes, the lowest first; too large a one is no length of anything.
    private mutating func little(_ count: Int) throws(PickleError) -> Int {
        let value = try take(count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let number = Int(exactly: value) else {
            throw PickleError(reason: "a length of \(value) bytes")
        }
        return number
    }

    private mutating func signed(_ count: Int) throws(PickleError) -> Int {
        guard count <= 8 else { throw PickleError(reason: "a number of \(count) bytes") }
        return Self.signed(try take(count), isSigned: true)
    }

    private static func signed(_ bytes: ArraySlice<UInt8>, isSigned: Bool) -> Int {
        let isNegative = isSigned && (bytes.last ?? 0) >= 0x80
        return bytes.reversed().reduce(isNegative ? -1 : 0) { $0 << 8 | Int($1) }
    }

    private mutating func line() throws(PickleError) -> String {
        guard let end = bytes[position...].prefix(200).firstIndex(of: UInt8(ascii: "\n")) else {
            throw PickleError(reason: "a name without an end at byte \(position)")
        }
        defer { position = end + 1 }
        return String(decoding: bytes[position..<end], as: UTF8.self)
    }
}
