import GRDB
import GRDBSQLite
import Simulator

/// Reads the columns of the row that a statement stands on, from left to right: the counterpart of
/// `RowInserter`.
///
/// GRDB's own decoding ends a text at its first U+0000, and traps where a value is not of the expected type.
/// In a STRICT table only a damaged file has such values, and a damaged file is bad input, not a bug.
struct ColumnReader {
    private let handle: OpaquePointer
    private var position: Int32 = -1

    init(_ statement: Statement) {
        handle = statement.sqliteStatement
    }

    /// An INTEGER column that may be NULL.
    ///
    /// - Throws: `DatabaseError` with `SQLITE_CORRUPT`, as all others do.
    mutating func integer() throws -> Int? {
        switch advance() {
        case SQLITE_INTEGER: Int(sqlite3_column_int64(handle, position))
        case SQLITE_NULL: nil
        default: throw damage("is not a whole number")
        }
    }

    /// An INTEGER column.
    mutating func integer() throws -> Int {
        let value: Int? = try integer()
        return try present(value)
    }

    /// An INTEGER column that counts rows; the number after it.
    mutating func successor() throws -> Int {
        let (next, overflows) = try integer().addingReportingOverflow(1)
        guard !overflows else { throw damage("is the greatest whole number") }
        return next
    }

    /// A REAL column that may be NULL, or a number that a view computed.
    mutating func real() throws -> Double? {
        switch advance() {
        case SQLITE_FLOAT, SQLITE_INTEGER: sqlite3_column_double(handle, position)
        case SQLITE_NULL: nil
        default: throw damage("is not a number")
        }
    }

    /// A REAL column.
    mutating func real() throws -> Double {
        let value: Double? = try real()
        return try present(value)
    }

    /// A TEXT column that may be NULL.
    mutating func text() throws -> String? {
        switch advance() {
        case SQLITE_TEXT: String(decoding: content, as: UTF8.self)
        case SQLITE_NULL: nil
        default: throw damage("is not a text")
        }
    }

    /// A TEXT column.
    mutating func text() throws -> String {
        let value: String? = try text()
        return try present(value)
    }

    /// A BLOB column.
    mutating func blob() throws -> [UInt8] {
        guard advance() == SQLITE_BLOB else { throw damage("is not a blob") }
        let count = Int(sqlite3_column_bytes(handle, position))
        return Array(UnsafeRawBufferPointer(start: sqlite3_column_blob(handle, position), count: count))
    }

    /// A REAL column with seconds of virtual time.
    mutating func instant() throws -> SimInstant {
        let seconds: Double = try real()
        if seconds.magnitude <= StoredInstant.most { return StoredInstant.instant(seconds) }
        // 292 years are what an instant can hold; the last of them is rounded up to this.
        guard seconds > 0, seconds <= SimInstant.distantFuture.seconds else {
            throw damage("is \(seconds) s")
        }
        return SimInstant(nanoseconds: Int64(exactly: (seconds * 1e9).rounded()) ?? .max)
    }

    /// A TEXT column with the raw value of a case.
    mutating func cases<Value: RawRepresentable>() throws -> Value where Value.RawValue == String {
        let text: String = try text()
        guard let value = Value(rawValue: text) else { throw damage("is '\(text)'") }
        return value
    }

    /// A column of any type but BLOB.
    mutating func value() throws -> QueryResult.Value {
        switch advance() {
        case SQLITE_NULL: .null
        case SQLITE_INTEGER: .integer(Int(sqlite3_column_int64(handle, position)))
        case SQLITE_FLOAT: .real(sqlite3_column_double(handle, position))
        case SQLITE_TEXT: .text(String(decoding: content, as: UTF8.self))
        default: throw damage("is a blob")
        }
    }

    /// Gives the row's first `count` columns as they are to the encoder.
    mutating func copy(_ count: Int, to encoder: inout CanonicalEncoder) throws {
        for _ in 0..<count {
            switch advance() {
            case SQLITE_NULL: encoder.integer(nil)
            case SQLITE_INTEGER: encoder.integer(Int(sqlite3_column_int64(handle, position)))
            case SQLITE_FLOAT: encoder.real(sqlite3_column_double(handle, position))
            case SQLITE_TEXT: encoder.text(utf8: content)
            default: throw damage("is a blob")
            }
        }
    }

    private mutating func advance() -> Int32 {
        position += 1
        return sqlite3_column_type(handle, position)
    }

    private func present<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw damage("is NULL") }
        return value
    }

    /// The bytes of the present text column, valid until the statement steps.
    private var content: UnsafeBufferPointer<UInt8> {
        let start = sqlite3_column_text(handle, position)
        return UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, position)))
    }

    private func damage(_ finding: String) -> DatabaseError {
        let name = sqlite3_column_name(handle, position).map { String(cString: $0) } ?? "column \(position)"
        return DatabaseError(resultCode: .SQLITE_CORRUPT, message: "\(name) \(finding)")
    }
}
