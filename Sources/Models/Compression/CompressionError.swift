/// What can be wrong with a compressed update.
public enum CompressionError: Error, Sendable, Hashable {
    /// The bytes are no file of tensors.
    case notReadable(reason: String)
    /// The message holds other tensors than its codec writes.
    case unexpectedContent(codec: String, found: String)
    /// A tensor has another number of elements than the model it is an update of asks for.
    case wrongCount(tensor: String, expected: Int, found: Int)
    /// Positions of a sparse update are not ascending, or lie outside the model.
    case badPosition(position: Int, parameters: Int)
    /// A value is infinite or no number.
    case notFinite(tensor: String)
    /// The bytes are no Zstandard frame, or a damaged one.
    case badFrame(reason: String)
    /// The frame says that it would grow beyond what such an update can have.
    case tooLong(bytes: UInt64, limit: Int)
}

extension CompressionError: CustomStringConvertible {
    /// One line: what, and what is allowed.
    public var description: String {
        switch self {
        case .notReadable(let reason):
            "a compressed update is not readable: \(reason)"
        case .unexpectedContent(let codec, let found):
            "an update of the codec \(codec) holds \(found)"
        case .wrongCount(let tensor, let expected, let found):
            "the tensor \(tensor) of a compressed update has \(found) elements; the model asks for "
                + "\(expected)"
        case .badPosition(let position, let parameters):
            "a sparse update names parameter \(position); allowed: ascending, from 0 to \(parameters - 1)"
        case .notFinite(let tensor):
            "the tensor \(tensor) of a compressed update has elements that are no finite numbers"
        case .badFrame(let reason):
            "a compressed update is no sound Zstandard frame: \(reason)"
        case .tooLong(let bytes, let limit):
            "a compressed update says that it has \(bytes) bytes; allowed: at most \(limit)"
        }
    }
}
