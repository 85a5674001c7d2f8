import Foundation

/// Rows of a results file as `sqlite3` prints them: the way its users read it.
public enum RunTable {
    /// What the table of clients says of one.
    public struct Client {
        public let id: Int
        public let samples: Int
        public let slowdown: Double
    }

    /// The clients of a run, by number.
    public static func clients(_ path: String, run: Int = 1) throws -> [Client] {
        try query(
            path, "SELECT client_id, samples, slowdown FROM client WHERE run_id = \(run) ORDER BY client_id"
        ).map {
            Client(id: Int($0[0])!, samples: Int($0[1])!, slowdown: Double($0[2])!)
        }
    }

    /// FLOPs of a client's training in round 1.
    public static func flops(_ path: String, client: Int) throws -> Double {
        let rows = try query(
            path, "SELECT flops FROM work WHERE kind = 'train' AND round = 1 AND client_id = \(client)")
        return Double(rows[0][0])!
    }

    /// The cells of a query's rows, by the `sqlite3` command.
    public static func query(_ path: String, _ sql: String) throws -> [[String]] {
        try run(["-readonly", "-separator", "\u{1F}", path, sql])
    }

    /// Changes a results file, as nobody should.
    public static func change(_ path: String, _ sql: String) throws -> [[String]] { try run([path, sql]) }

    private static func run(_ arguments: [String]) throws -> [[String]] {
        let process = Foundation.Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/sqlite3")
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self).split(separator: "\n").map {
            $0.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init)
        }
    }
}
