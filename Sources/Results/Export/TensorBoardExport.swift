import Core
import Foundation

extension RunExport {
    /// A picture for TensorBoard: a PNG file's bytes under a name.
    public typealias Picture = Report.Image

    /// A folder per run with one event file, which TensorBoard shows under that folder's name.
    ///
    /// Metrics of the global model are scalars `<split>/<name>`, means over clients `clients/<split>/<name>`,
    /// bytes moved until each evaluation `bytes/up` and `bytes/down`; the step is the round. The wall time of
    /// an event is the start of the run plus virtual time, so that the axis "relative" shows virtual time.
    ///
    /// - Parameters:
    ///   - pictures: go to a folder `images` of their own; what is no PNG is left out.
    ///   - write: takes the files.
    /// - Throws: `RunLogError`; what `write` throws.
    public func tensorBoard(pictures: [Picture] = [], _ write: Writer) throws {
        for run in try reader.runs() {
            let start = Self.secondsSince1970(run.startedAt)
            var file = TensorBoardEvents(start: start)
            try appendScalars(of: run.runID, to: &file)
            let folder = Self.fileName(
                "\(run.name) \(run.method)", end: " seed \(run.seed) run \(run.runID)")
            try write("\(folder)/events.out.tfevents.\(Format.whole(start)).fgl-sim", file.bytes)
        }
        let images = pictures.compactMap { picture in
            PNGSize(of: picture.bytes).map { (picture, $0) }
        }
        guard !images.isEmpty else { return }
        var file = TensorBoardEvents(start: 0)
        for (picture, size) in images {
            file.image(picture.name, png: picture.bytes, width: size.width, height: size.height)
        }
        try write("images/events.out.tfevents.0.fgl-sim", file.bytes)
    }

    /// A name for a folder: what a file system does not take becomes `-`, and a long one is cut before its
    /// end.
    static func fileName(_ text: String, end: String) -> String {
        var name = ""
        for scalar in text.unicodeScalars where name.utf8.count < 180 {
            name.unicodeScalars.append(scalar == "/" || !TerminalText.isSafe(scalar) ? "-" : scalar)
        }
        return name + end
    }

    private func appendScalars(of run: Int64, to file: inout TensorBoardEvents) throws {
        let sql = """
            SELECT split || '/' || name AS tag, round, t, value, 0 AS source, rowid AS place FROM metric
            WHERE run_id = \(run) AND client_id IS NULL AND value IS NOT NULL
            UNION ALL
            SELECT 'clients/' || split || '/' || name, round, max(t), avg(value), 1, min(rowid) FROM metric
            WHERE run_id = \(run) AND client_id IS NOT NULL GROUP BY split, name, round HAVING avg(value) IS \
            NOT NULL
            UNION ALL
            SELECT 'bytes/up', round, t, uplink_bytes, 2, round FROM accuracy WHERE run_id = \(run)
            UNION ALL
            SELECT 'bytes/down', round, t, downlink_bytes, 2, round FROM accuracy WHERE run_id = \(run)
            ORDER BY 3, 5, 6
            """
        try reader.forEachRow(of: sql) { row in
            guard let tag = row[0].text, let t = row[2].number, let value = row[3].number else { return }
            file.scalar(tag, value, step: row[1].integer ?? 0, virtualSeconds: t)
        }
    }

    /// Seconds of an instant such as `2026-11-21T08:00:00.000Z`; 0 where it is none.
    static func secondsSince1970(_ text: String) -> Double {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        return formatter.date(from: text)?.timeIntervalSince1970 ?? 0
    }
}

/// Width and height in the header of a PNG file (its specification, section 11.2.2).
package struct PNGSize: Equatable {
    package let width: Int
    package let height: Int

    /// `nil` where the bytes are no PNG file.
    package init?(of bytes: [UInt8]) {
        guard bytes.count >= 24, bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) else {
            return nil
        }
        func number(_ start: Int) -> Int { bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } }
        (width, height) = (number(16), number(20))
    }
}
