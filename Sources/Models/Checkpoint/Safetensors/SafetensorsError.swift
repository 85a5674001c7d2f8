/// What can be wrong with a safetensors file, or with loading it into a model.
///
/// `file` is a path, or the name that the caller gave to bytes in memory.
/// `SafetensorsError+Description.swift` holds the sentence of every case.
public enum SafetensorsError: Error, Sendable, Hashable {
    /// The operating system could not read `file`.
    case fileAccess(file: String, reason: String)
    /// The operating system could not write `file`.
    case unwritable(file: String, reason: String)
    /// `file` is not tensors but `content`: "a git-lfs pointer, not the file itself".
    case foreignContent(file: String, content: String)
    /// The header is sound, and `file` ends before its tensors do: `length` bytes are there, `needed` are
    /// declared.
    case truncatedData(file: String, length: Int, needed: Int)
    /// An element of `tensor`, a weight, is not a number or infinite.
    case notANumber(file: String, tensor: String, element: Int, value: String)
    /// `file` ends before its header does: `length` bytes are there, `needed` are declared.
    case truncatedHeader(file: String, length: Int, needed: UInt64)
    /// The declared length of the header is above `SafetensorsFile.maximumHeaderLength`.
    case headerTooLong(file: String, length: UInt64)
    /// The header is not the JSON object that the format asks for.
    case malformedHeader(file: String, reason: String)
    /// The header names something twice.
    case duplicateName(file: String)
    /// The element type of `tensor` is none of `ElementType`'s.
    case unknownElementType(file: String, tensor: String, found: String)
    /// A size in the shape of `tensor` is negative, or their product does not fit an integer.
    case invalidShape(file: String, tensor: String, shape: [Int])
    /// The data of `tensor` lies outside the `dataLength` bytes behind the header.
    case offsetsOutside(file: String, tensor: String, offsets: [Int], dataLength: Int)
    /// Shape and element type of `tensor` need `expected` bytes, and its offsets span `found`.
    case byteCountMismatch(file: String, tensor: String, expected: Int, found: Int)
    /// The data of `tensor` does not start where the data before it ends.
    case notAdjacent(file: String, tensor: String, start: Int, expected: Int)
    /// The last tensor ends at `end`, and the data at `dataLength`.
    case trailingBytes(file: String, end: Int, dataLength: Int)
    /// `file` has no tensor of this name.
    case missingTensor(file: String, tensor: String)
    /// `file` has tensors that the model does not know; `tensor` is the first of `count`.
    case unexpectedTensor(file: String, tensor: String, count: Int)
    /// `tensor` does not have the shape that the model expects.
    case shapeMismatch(file: String, tensor: String, expected: [Int], found: [Int])
    /// `tensor`, a weight, is stored in a type that has no fractions.
    case wholeNumbers(file: String, tensor: String, found: ElementType)
    /// `tensor` does not have the element type of the states before it.
    case elementTypeMismatch(file: String, tensor: String, expected: ElementType, found: ElementType)

    /// Whether a file cannot be read (exit code 74), rather than its content being at fault (65).
    public var isFileAccess: Bool {
        if case .fileAccess = self { true } else { false }
    }

    /// Whether a file cannot be written (exit code 73).
    public var isUnwritable: Bool {
        if case .unwritable = self { true } else { false }
    }
}
