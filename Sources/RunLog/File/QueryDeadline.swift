import Foundation
import GRDB
import GRDBSQLite
import Synchronization

/// Ends the queries of a connection that take too long.
package final class QueryDeadline: Sendable {
    /// The environment variable that says how long a query may take.
    package static let variable = "FGL_QUERY_SECONDS"

    /// The seconds that a value of the variable stands for; `nil` where it is none.
    package static func seconds(_ text: String) -> Double? {
        Double(text).flatMap { $0 > 0 && $0.isFinite ? $0 : nil }
    }

    /// How long a query may take, in seconds.
    static let seconds = ProcessInfo.processInfo.environment[variable].flatMap(seconds(_:)) ?? 60

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
