/// Receives the columns of one row in the order of the table.
///
/// A row type lists its columns once, in `LoggedRow.write(to:)`; storing and hashing are two sinks, so that
/// what is hashed can never differ from what is stored.
protocol ColumnSink {
    /// An INTEGER column.
    mutating func integer(_ value: Int?)
    /// A REAL column. Not-a-number is stored as NULL, because SQLite has no such value.
    mutating func real(_ value: Double?)
    /// A TEXT column.
    mutating func text(_ value: String?)
    /// A REAL column in seconds of wall time, which is stored but not part of the log hash.
    mutating func wallClock(_ seconds: Double?)
}

/// A row of a table that belongs to one run.
protocol LoggedRow: Sendable {
    /// The table the row goes into.
    static var table: LoggedTable { get }
    /// Gives all columns but the leading `run_id` to `sink`, in the table's order.
    func write(to sink: inout some ColumnSink)
    /// Takes all columns but the leading `run_id` in the table's order.
    ///
    /// - Throws: `DatabaseError` with `SQLITE_CORRUPT` for a value that the table does not allow.
    init(reading columns: inout ColumnReader) throws
}

extension LoggedRow {
    /// What the log hash sees of the row.
    var canonicalBytes: [UInt8] {
        var encoder = CanonicalEncoder(reservingBytes: 96)
        write(to: &encoder)
        return encoder.bytes
    }
}

/// The canonical bytes of rows, which the log hash is taken over.
///
/// Each value is a tag byte, then its content in little-endian order: NULL is `0`; an integer `1` and 8
/// bytes; a real `2` and the 8 bytes of its IEEE 754 bit pattern; a text `3`, its length in 8 bytes, and
/// its UTF-8. Tags and lengths make the encoding of a sequence of values unambiguous.
struct CanonicalEncoder: ColumnSink {
    private(set) var bytes: [UInt8] = []

    init(reservingBytes capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    mutating func integer(_ value: Int?) {
        guard let value else { return bytes.append(0) }
        bytes.append(1)
        append(UInt64(bitPattern: Int64(value)))
    }

    mutating func real(_ value: Double?) {
        guard let value, !value.isNaN else { return bytes.append(0) }
        bytes.append(2)
        // SQLite stores whole reals as integers, which loses the sign of -0.
        append(value == 0 ? 0 : value.bitPattern)
    }

    mutating func text(_ value: String?) {
        guard var value else { return bytes.append(0) }
        value.withUTF8 { text(utf8: $0) }
    }

    /// A TEXT column by its UTF-8.
    mutating func text(utf8 content: UnsafeBufferPointer<UInt8>) {
        bytes.append(3)
        append(UInt64(content.count))
        bytes.append(contentsOf: content)
    }

    mutating func wallClock(_ seconds: Double?) {}

    private mutating func append(_ word: UInt64) {
        withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
    }
}
