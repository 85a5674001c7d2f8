extension SafetensorsError: CustomStringConvertible {
    /// One line: which file, which tensor, what is wrong, what is allowed.
    public var description: String {
        switch self {
        case .fileAccess(let file, let reason):
            "\(file): \(reason)"
        case .truncatedHeader(let file, let length, let needed):
            "\(file): has \(length) bytes; its header alone needs \(needed)"
        case .headerTooLong(let file, let length):
            "\(file): declares a header of \(length) bytes; at most \(SafetensorsFile.maximumHeaderLength) are allowed"
        case .malformedHeader(let file, let reason):
            "\(file): its header is not that of a safetensors file: \(reason)"
        case .duplicateName(let file):
            "\(file): its header uses a name twice; names must differ"
        case .unknownElementType(let file, let tensor, let found):
            "\(file): tensor \(tensor) has element type \(found); allowed are \(Self.typeNames)"
        case .invalidShape(let file, let tensor, let shape):
            "\(file): tensor \(tensor) has shape \(shape); sizes must be 0 or more and their product an integer"
        case .offsetsOutside(let file, let tensor, let offsets, let dataLength):
            "\(file): tensor \(tensor) has offsets \(offsets); allowed are two ascending ones in 0...\(dataLength)"
        case .byteCountMismatch(let file, let tensor, let expected, let found):
            "\(file): tensor \(tensor) has \(found) bytes of data; its shape and type need \(expected)"
        case .notAdjacent(let file, let tensor, let start, let expected):
            "\(file): data of tensor \(tensor) starts at \(start); it must start at \(expected), where the one before ends"
        case .trailingBytes(let file, let end, let dataLength):
            "\(file): its tensors end at byte \(end) of the data; the file goes on to \(dataLength)"
        case .missingTensor(let file, let tensor):
            "\(file): has no tensor \(tensor)"
        case .unexpectedTensor(let file, let tensor, let count):
            "\(file): tensor \(tensor) is not part of the model" + (count > 1 ? ", nor are \(count - 1) others" : "")
        case .shapeMismatch(let file, let tensor, let expected, let found):
            "\(file): tensor \(tensor) has shape \(found); the model expects \(expected)"
        }
    }

    private static var typeNames: String {
        ElementType.allCases.map(\.safetensorsName).joined(separator: ", ")
    }
}
