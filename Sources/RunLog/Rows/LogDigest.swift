import Core
import Foundation
import GRDB

/// The log hash of a run: SHA-256 over all its rows in the order of recording.
///
/// Each table has its own chain over the canonical bytes of its rows, and the log hash is taken over the
/// run's own columns followed by the seven digests in the order of `LoggedTable`. Rows of different tables
/// have no common order in the file, so this is what lets anybody recompute the hash from the file alone
/// (`RunLogReader.recomputedHash`). Left out are `run_id`, wall time (`started_at`, `finished_at`,
/// `wall_s`), `build` and `error`: what may differ between two machines, or two runs in one file, that
/// simulate the same.
struct LogDigest: Sendable {
    private var chains = [SHA256](repeating: SHA256(), count: LoggedTable.allCases.count)

    /// Continues a table's chain.
    mutating func append(_ canonicalBytes: [UInt8], to table: LoggedTable) {
        // The cases are declared in the order of the chains, so every one has its place.
        chains[LoggedTable.allCases.firstIndex(of: table)!].update(data: canonicalBytes)
    }

    /// The log hash in hexadecimal; the chains can still be continued.
    func hash(of run: HashedRunColumns) -> String {
        var whole = SHA256()
        var encoder = CanonicalEncoder()
        run.write(to: &encoder)
        whole.update(data: encoder.bytes)
        for chain in chains {
            chain.finalize().withUnsafeBytes { whole.update(bufferPointer: $0) }
        }
        return whole.finalize().hexadecimal
    }
}

/// The columns of `run` that enter the log hash.
struct HashedRunColumns {
    var name: String
    var method: String
    var seed: Int64
    var clients: Int
    var status: String
    var virtualSeconds: Double
    var scenario: String
    var modelSHA256: String?

    func write(to encoder: inout CanonicalEncoder) {
        encoder.text(name)
        encoder.text(method)
        encoder.integer(Int(seed))
        encoder.integer(clients)
        encoder.text(status)
        encoder.real(virtualSeconds)
        encoder.text(scenario)
        encoder.text(modelSHA256)
    }
}
