import Foundation
import RunLog

/// An instant of virtual time in whole nanoseconds.
///
/// The file has seconds as doubles, which beyond 104 days do not tell every nanosecond. Each is rounded once,
/// and lengths are differences of the whole numbers: so slices that met still meet, and what lay inside still
/// does.
struct TraceInstant: Comparable {
    let nanoseconds: Int

    init(seconds: Double) {
        // What a file may hold (`CellRule.time`) stays below 2⁶³.
        nanoseconds =
            seconds.magnitude <= StoredInstant.most
            ? Int(StoredInstant.nanoseconds(seconds))
            : Int(exactly: (seconds * 1e9).rounded()) ?? (seconds < 0 ? 0 : .max)
    }

    static func < (one: TraceInstant, other: TraceInstant) -> Bool { one.nanoseconds < other.nanoseconds }
}

/// Writes trace events as JSON, one a line.
struct TraceText {
    private var text = "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n"
    private var isFirst = true

    /// Names a process.
    mutating func name(process: Int, _ name: String) {
        append(
            "{\"ph\":\"M\",\"pid\":\(process),\"name\":\"process_name\""
                + ",\"args\":{\"name\":\(Self.quoted(name))}}"
        )
    }

    /// Names a track, and puts it in the order of its number.
    mutating func name(_ track: TraceTrack, _ name: String) {
        append(
            "{\"ph\":\"M\",\(Self.place(track)),\"name\":\"thread_name\""
                + ",\"args\":{\"name\":\(Self.quoted(name))}}"
        )
        append(
            "{\"ph\":\"M\",\(Self.place(track)),\"name\":\"thread_sort_index\""
                + ",\"args\":{\"sort_index\":\(track.thread)}}"
        )
    }

    /// Something that takes from one virtual instant to another.
    mutating func slice(
        _ name: String, category: String, _ track: TraceTrack, _ start: TraceInstant, _ end: TraceInstant,
        arguments: [String: QueryResult.Value] = [:]
    ) {
        var event = "{\"ph\":\"X\",\(Self.place(track)),\"name\":\(Self.quoted(name)),\"cat\":\"\(category)\""
        event +=
            ",\"ts\":\(Self.microseconds(start.nanoseconds))"
            + ",\"dur\":\(Self.microseconds(end.nanoseconds - start.nanoseconds))"
        if !arguments.isEmpty { event += ",\"args\":\(Self.object(arguments))" }
        append(event + "}")
    }

    /// An arrow between slices.
    mutating func flow(
        id: Int, from: TraceTrack, at start: TraceInstant, to: TraceTrack, at end: TraceInstant
    ) {
        let common = "\"name\":\"message\",\"cat\":\"message\",\"id\":\(id)"
        append("{\"ph\":\"s\",\(Self.place(from)),\(common),\"ts\":\(Self.microseconds(start.nanoseconds))}")
        append(
            "{\"ph\":\"f\",\"bp\":\"e\",\(Self.place(to)),\(common)"
                + ",\"ts\":\(Self.microseconds(end.nanoseconds))}"
        )
    }

    /// Values of a counter at a virtual instant.
    mutating func counter(
        _ name: String, process: Int, _ t: TraceInstant, _ values: [String: QueryResult.Value]
    ) {
        append(
            "{\"ph\":\"C\",\"pid\":\(process),\"name\":\(Self.quoted(name))"
                + ",\"ts\":\(Self.microseconds(t.nanoseconds)),"
                + "\"args\":\(Self.object(values))}")
    }

    /// The whole trace.
    func finished() -> [UInt8] { Array((text + "\n]}\n").utf8) }

    private mutating func append(_ event: String) {
        text += isFirst ? event : ",\n" + event
        isFirst = false
    }

    private static func place(_ track: TraceTrack) -> String {
        "\"pid\":\(track.process),\"tid\":\(track.thread)"
    }

    /// Virtual nanoseconds are thousandths of the format's microseconds.
    private static func microseconds(_ nanoseconds: Int) -> String {
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1000)
        return rest == 0 ? "\(whole)" : "\(whole)." + "00\(rest)".suffix(3)
    }

    private static func object(_ values: [String: QueryResult.Value]) -> String {
        let members = values.sorted { $0.key < $1.key }.map { key, value in
            let text: String =
                switch value {
                case .null: "null"
                case .integer(let number): "\(number)"
                case .real(let number): number.isFinite ? "\(number)" : "null"
                case .text(let text): quoted(text)
                }
            return "\(quoted(key)):\(text)"
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    /// A JSON string.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\0"..."\u{1F}": result += String(format: "\\u%04x", scalar.value)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
