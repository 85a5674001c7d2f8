import Foundation
import GRDB
import GRDBSQLite
import Synchronization

/// Ends the queries of a connection that take too long.
final class QueryDeadline: Sendable {
    /// How long a query may take, in seconds; `FGL_QUERY_SECONDS` says otherwise.
    static let seconds: Double = {
        let text = ProcessInfo.processInfo.environment["FGL_QUERY_SECONDS"]
        return text.flatMap(Double.init).flatMap { $0 > 0 ? $0 : nil } ?? 60
    }()

    private let end = Mutex<ContinuousClock.Instant?>(nil)

    /// Watches a connection, which must not outlive this.
    func watch(_ database: Database) {
        sqlite3_progress_handler(
            database.sqliteConnection, 200_000,
            { context in
                let deadline = Unmanaged<QueryDeadline>.fromOpaque(context!).takeUnretainedValue()
                return deadline.hasPassed ? 1 : 0
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// A query begins.
    func start() { end.withLock { $0 = .now + .seconds(min(Self.seconds, 1e9)) } }

    /// Does something with a row of the query that is going on; its time does not count.
    func pausing<Result>(_ body: () throws -> Result) rethrows -> Result {
        let begin = ContinuousClock.now
        defer {
            let taken = ContinuousClock.now - begin
            end.withLock { end in end = end.map { $0 + taken } }
        }
        return try body()
    }

    private var hasPassed: Bool { end.withLock { end in end.map { $0 < .now } ?? false } }
}
