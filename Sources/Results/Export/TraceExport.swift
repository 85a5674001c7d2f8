import Foundation
import RunLog

extension RunExport {
    /// The Trace Event Format of Chrome, which https://ui.perfetto.dev opens: a process per run, a track for
    /// the server and for each client, a slice per activity and transfer, an arrow per message from sender to
    /// receiver, counters for bytes and accuracy. A virtual microsecond is a microsecond of the trace.
    ///
    /// https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
    ///
    /// - Throws: `RunLogError`.
    /// - Complexity: memory for the text of the trace, and for the activities of one run.
    public func perfetto() throws -> [UInt8] {
        var trace = TraceText()
        for run in try reader.runs() {
            let pid = Int(run.runID)
            trace.name(process: pid, "run \(run.runID) \(run.name) \(run.method) seed \(run.seed)")
            try appendActivities(of: run.runID, to: &trace)
            try appendCounters(of: run.runID, to: &trace)
        }
        return trace.finished()
    }

    private func appendActivities(of run: Int64, to trace: inout TraceText) throws {
        var lanes = TrackLanes(process: Int(run))
        let activities = try Activities(in: reader, where: "run_id = \(run)")
        let sql = """
            WITH \(activities.tables)
            SELECT client_id, what, t, t_end, NULL, NULL, NULL, NULL AS transfer_id FROM activity
            WHERE \(Activities.isWhole)
            UNION ALL
            SELECT client_id, payload, t_start, t_end, direction, bytes, status, transfer_id FROM transfer
            WHERE run_id = \(run)
            ORDER BY 3, 4 DESC
            """
        try reader.forEachRow(of: sql) { row in
            guard let name = row[1].text, let start = row[2].instant, let end = row[3].instant, start <= end
            else { return }
            let track = lanes.track(of: row[0].integer, from: start, to: end, &trace)
            guard let direction = row[4].text, let transfer = row[7].integer else {
                trace.slice(name, category: "activity", track, start, end)
                return
            }
            let isUp = direction == Direction.up.rawValue, client = row[0].integer ?? -1
            trace.slice(
                isUp ? "upload \(name)" : "download \(name)", category: "transfer", track, start, end,
                arguments: ["bytes": .integer(row[5].integer ?? 0), "status": .text(row[6].text ?? "")])
            guard row[6].text == TransferStatus.complete.rawValue else { return }
            // The server's end of the message is a slice without length for the arrow to start from or to
            // arrive at.
            let server = lanes.server(&trace), at = isUp ? end : start
            trace.slice(
                "\(isUp ? "receive" : "send") \(name), client \(client)", category: "message", server, at, at)
            trace.flow(
                id: Int(run) << 32 | transfer, from: isUp ? track : server, at: start,
                to: isUp ? server : track,
                at: end)
        }
    }

    private func appendCounters(of run: Int64, to trace: inout TraceText) throws {
        var up = 0, down = 0
        try reader.forEachRow(
            of:
                "SELECT t_end, direction, bytes FROM transfer WHERE run_id = \(run) ORDER BY t_end, "
                    + "transfer_id"
        ) { row in
            guard let t = row[0].instant, let bytes = row[2].integer else { return }
            if row[1].text == Direction.up.rawValue { up += bytes } else { down += bytes }
            trace.counter("bytes", process: Int(run), t, ["up": .integer(up), "down": .integer(down)])
        }
        try reader.forEachRow(
            of: """
                SELECT t, value FROM metric
                WHERE run_id = \(run) AND client_id IS NULL AND split = \(MetricSplit.test.sql)
                    AND name = \(MetricName.accuracy.sql)
                    AND value IS NOT NULL
                ORDER BY t, rowid
                """
        ) { row in
            guard let t = row[0].instant, let value = row[1].number else { return }
            trace.counter("accuracy", process: Int(run), t, ["test": .real(value)])
        }
    }
}

extension QueryResult.Value {
    /// Seconds of virtual time as an instant; `nil` for anything else.
    fileprivate var instant: TraceInstant? { number.map(TraceInstant.init(seconds:)) }
}

/// A track of a trace: process and thread.
struct TraceTrack: Hashable {
    let process: Int
    let thread: Int
}

/// Gives slices to tracks so that no two on one track overlap, which the format does not allow: a participant
/// gets a second track only where it does two things at once.
struct TrackLanes {
    /// Lanes of a participant are numbered in thousands of millions of their own.
    private static let lanesPerParticipant = 1000
    let process: Int
    private var ends: [Int: [TraceInstant]] = [:]

    init(process: Int) { self.process = process }

    /// The first track of the server.
    mutating func server(_ trace: inout TraceText) -> TraceTrack { lane(0, of: -1, &trace) }

    /// The track for a slice of a client, or of the server where `client` is `nil`. Slices come in the order
    /// of their starts.
    mutating func track(
        of client: Int?, from start: TraceInstant, to end: TraceInstant, _ trace: inout TraceText
    ) -> TraceTrack {
        let participant = client ?? -1
        let number = ends[participant]?.firstIndex { $0 <= start } ?? ends[participant]?.count ?? 0
        let track = lane(number, of: participant, &trace)
        ends[participant]![number] = end
        return track
    }

    private mutating func lane(_ number: Int, of participant: Int, _ trace: inout TraceText) -> TraceTrack {
        let track = TraceTrack(
            process: process, thread: (participant + 1) * Self.lanesPerParticipant + number + 1)
        while ends[participant, default: []].count <= number {
            let index = ends[participant, default: []].count
            ends[participant, default: []].append(TraceInstant(seconds: 0))
            let name = participant < 0 ? "server" : "client \(participant)"
            trace.name(
                TraceTrack(process: process, thread: track.thread - number + index),
                index == 0 ? name : "\(name) (\(index + 1))")
        }
        return track
    }
}
