extension SafetensorsError: CustomStringConvertible {
    /// One line: which file, which tensor, what is wrong, what is allowed.
    public var description: String {
        switch self {
        case .fileAccess(let file, let reason):
            "\(file): \(reason)"
        case .foreignContent(let file, let content):
            "\(file): this is \(content)"
        case .truncatedData(let file, let length, let needed):
            "\(file): the file is cut off: it has \(length) of the \(needed) bytes that its header declares"
        case .notANumber(let file, let tensor, let element, let value):
            "\(file): element \(element) of tensor \(tensor) is \(value); a model's weights are finite "
                + "numbers"
        case .unwritable(let file, let reason):
            "\(file): cannot be written: \(reason)"
        case .truncatedHeader(let file, let length, let needed):
            "\(file): has \(length) bytes; its header alone needs \(needed)"
        case .headerTooLong(let file, let length):
            "\(file): declares a header of \(length) bytes; "
                + "allowed are \(SafetensorsFile.maximumHeaderLength)"
        case .malformedHeader(let file, let reason):
            "\(file): its header is not that of a safetensors file: \(reason)"
        case .duplicateName(let file):
            "\(file): its header uses a name twice; names must differ"
        case .unknownElementType(let file, let tensor, let found):
            "\(file): tensor \(tensor) has element type \(found); allowed are \(Self.typeNames)"
        case .invalidShape(let file, let tensor, let shape):
            "\(file): tensor \(tensor) has shape \(shape); allowed are sizes of 0 and more that fit memory"
        case .offsetsOutside(let file, let tensor, let offsets, let dataLength):
            "\(file): tensor \(tensor) has offsets \(offsets); "
                + "allowed are a start and an end in 0...\(dataLength)"
        case .byteCountMismatch(let file, let tensor, let expected, let found):
            "\(file): tensor \(tensor) has \(found) bytes of data; its shape and type need \(expected)"
        case .notAdjacent(let file, let tensor, let start, let expected):
            "\(file): tensor \(tensor) starts at byte \(start) of the data; "
                + "the one before ends at \(expected)"
        case .trailingBytes(let file, let end, let dataLength):
            "\(file): its tensors end at byte \(end) of the data; the file goes on to \(dataLength)"
        case .missingTensor(let file, let tensor):
            "\(file): has no tensor \(tensor)"
        case .unexpectedTensor(let file, let tensor, let count):
            "\(file): tensor \(tensor) is not part of the model"
                + (count > 1 ? ", and \(count - 1) more are not" : "")
        case .shapeMismatch(let file, let tensor, let expected, let found):
            "\(file): tensor \(tensor) has shape \(found); the model expects \(expected)"
        case .wholeNumbers(let file, let tensor, let found):
            "\(file): tensor \(tensor) has element type \(found.safetensorsName); "
                + "allowed are F32, F64, F16, BF16"
        case .elementTypeMismatch(let file, let tensor, let expected, let found):
            "\(file): tensor \(tensor) has element type \(found.safetensorsName); "
                + "the states before it have \(expected.safetensorsName)"
        }
    }

    private static var typeNames: String {
        ElementType.allCases.map(\.safetensorsName).joined(separator: ", ")
    }
}
