import Simulator

/// A word of the log: a text that a column holds, and what it means.
///
/// What is stored outlives the program, so a word's text never changes and is never the name of a Swift case.
/// Files of other versions and programs may hold other words; readers show those as they stand.
public protocol LogWord: RawRepresentable, Sendable, Hashable where RawValue == String {
    /// The words that this package writes, in the order of the reference.
    static var all: [Self] { get }
    /// What it means, in whole sentences.
    var meaning: String { get }
}

extension LogWord {
    /// The word as a literal of SQL.
    public var sql: String { "'" + rawValue.replacing("'", with: "''") + "'" }
}

/// Which way a message goes: the column `transfer.direction`.
public typealias Direction = TransferDirection

extension TransferDirection: LogWord {
    public static var all: [Self] { [.up, .down] }

    public var meaning: String {
        switch self {
        case .up: "Client to server."
        case .down: "Server to client."
        }
    }
}
