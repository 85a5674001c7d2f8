import Core
import Foundation

/// A line of an outcomes file: the result of a client's training, or the global model after a round, recorded
/// elsewhere.
struct OutcomeLine: Sendable, Equatable {
    /// 1-based; 0 for the initial model.
    var round: Int
    /// The client that trained; `nil` for the global model.
    var client: Int?
    /// Size of the model as sent.
    var bytes: Int?
    /// What the training cost.
    var flops: Double?
    /// How long it took on the device that the scenario gives the client, not slowed down.
    var seconds: Double?
    /// Images that it was trained on.
    var samples: Int?
    /// Hash of the model, where there is one.
    var sha256: String?
    /// What was measured, finite numbers.
    var metrics: [String: Double] = [:]
}

/// The lines of an outcomes file, each checked.
struct OutcomeFile: Sendable {
    /// Where they were read.
    let path: String
    let lines: [OutcomeLine]

    /// The names that a line may have.
    static let names = ["round", "client", "bytes", "flops", "seconds", "samples", "sha256", "metrics"]
    /// Images of all clients together: each has a place in memory.
    static let mostSamples = 20_000_000

    /// How many clients the lines are of.
    var clients: Int { 1 + (lines.compactMap(\.client).max() ?? 0) }
    /// The last round.
    var rounds: Int { lines.map(\.round).max() ?? 1 }

    /// The clients that took part, by round; `nil` where all did in every one.
    var participants: [Int: [Int]]? {
        var participants: [Int: [Int]] = [:]
        for line in lines {
            if let client = line.client { participants[line.round, default: []].append(client) }
        }
        let clients = clients
        guard participants.values.contains(where: { $0.count < clients }) else { return nil }
        return participants.mapValues { $0.sorted() }
    }

    /// Reads JSON lines: UTF-8, with or without a byte order mark, line ends of any system, empty lines.
    ///
    /// - Throws: `FederationError.badOutcome` for the first line that is not one.
    init(_ bytes: [UInt8], path: String) throws {
        do throws(UTF8Text.Failure) {
            try UTF8Text.refuseForeignFile(bytes)
        } catch {
            throw FederationError.badOutcome(path: path, line: 1, reason: error.description)
        }
        self.path = path
        let content = UTF8Text.withoutMark(bytes)
        var lines: [OutcomeLine] = []
        var seen: Set<[Int]> = []
        let texts = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, text) in texts.enumerated() {
            if text.allSatisfy({ [0x20, 0x09, 0x0D].contains($0) }) { continue }
            func bad(_ column: Int, _ reason: String) -> FederationError {
                .badOutcome(path: path, line: index + 1, column: column, reason: reason)
            }
            let line = try Self.line(text, bad)
            guard seen.insert([line.round, line.client ?? -1]).inserted else {
                throw bad(0, "round \(line.round) has this line already")
            }
            lines.append(line)
        }
        self.lines = lines
        try check()
    }

    private static func line(
        _ text: ArraySlice<UInt8>, _ bad: (Int, String) -> FederationError
    ) throws -> OutcomeLine {
        do throws(UTF8Text.Failure) {
            _ = try UTF8Text.text(of: text)
        } catch {
            throw bad(error.place?.column ?? 0, error.description)
        }
        var parser = OutcomeJSONParser(text)
        let value: OutcomeJSON
        do {
            value = try parser.parse()
        } catch let failure as OutcomeJSON.Failure {
            throw bad(failure.column, "not JSON: \(TerminalText.line(failure.reason, limit: 120))")
        }
        guard case .object(let members) = value else {
            throw bad(
                0, "not a JSON object but \(TerminalText.line(value.text)); each line is an object of its own"
            )
        }
        return try OutcomeLine(members, bad)
    }

    /// What must hold among the lines.
    private func check() throws {
        func bad(_ reason: String) -> FederationError { .badOutcome(path: path, line: 0, reason: reason) }
        guard lines.contains(where: { $0.client != nil }) else {
            throw FederationError.badOutcome(path: path, line: lines.count, reason: "no line names a client")
        }
        let trained = Set(lines.filter { $0.client != nil }.map(\.round))
        if let round = (1...rounds).first(where: { !trained.contains($0) }) {
            throw bad("round \(round) has no line of a client, though round \(rounds) has lines")
        }
        let samples = lines.filter { $0.client != nil }.reduce(into: [Int: Int]()) {
            $0[$1.client ?? 0] = max($0[$1.client ?? 0] ?? 0, $1.samples ?? 0)
        }
        let total = samples.values.reduce(0.0) { $0 + Double($1) }
        guard total <= Double(Self.mostSamples) else {
            throw bad("the clients' 'samples' add up to \(total); allowed are \(Self.mostSamples) in all")
        }
    }
}

extension OutcomeLine {
    /// - Parameter bad: makes the error of a column (0: none) and a reason.
    init(_ members: [OutcomeJSON.Member], _ bad: (Int, String) -> FederationError) throws {
        let fields = Dictionary(members.map { ($0.name, $0) }) { $1 }
        if let member = members.first(where: { !OutcomeFile.names.contains($0.name) }) {
            let names = OutcomeFile.names.joined(separator: ", ")
            throw bad(
                member.column, "unknown name '\(TerminalText.line(member.name))'; allowed are \(names)")
        }
        func number(_ name: String, in range: ClosedRange<Double>) throws -> Double? {
            guard let member = fields[name], member.value != .nothing else { return nil }
            guard case .number(let number) = member.value, range.contains(number) else {
                let value = TerminalText.line(member.value.text)
                throw bad(
                    member.column,
                    "'\(name)' is \(value); allowed are numbers from \(range.lowerBound) to "
                        + "\(range.upperBound)"
                )
            }
            return number
        }
        func whole(_ name: String, from low: Double, to high: Double) throws -> Int? {
            guard let value = try number(name, in: low...high) else { return nil }
            guard let whole = Int(exactly: value) else {
                throw bad(fields[name]?.column ?? 0, "'\(name)' is \(value), not a whole number")
            }
            return whole
        }
        guard let round = try whole("round", from: 0, to: 1e6) else { throw bad(0, "'round' is missing") }
        self.round = round
        client = try whole("client", from: 0, to: 1e6)
        bytes = try whole("bytes", from: 0, to: 1e12)
        flops = try number("flops", in: 0...1e24)
        seconds = try number("seconds", in: 0...1e9)
        samples = try whole("samples", from: 0, to: 1e12)
        switch fields["sha256"]?.value {
        case .text(let hash): sha256 = hash
        case nil, .nothing: sha256 = nil
        case .some(let value):
            throw bad(fields["sha256"]?.column ?? 0, "'sha256' is \(value.text), not a text")
        }
        metrics = try Self.metrics(fields["metrics"], bad)
        guard client != nil else { return }
        guard round > 0 else { throw bad(0, "a client trains in rounds from 1") }
        guard bytes != nil else { throw bad(0, "'bytes' is missing: the size of the client's upload") }
        guard flops != nil || seconds != nil else {
            throw bad(0, "one of 'flops' and 'seconds' must say what the training cost")
        }
        guard flops == nil || seconds == nil else {
            throw bad(0, "'flops' and 'seconds' both say what the training cost; allowed is one of them")
        }
    }

    /// What was measured; null, NaN and the infinities were not.
    private static func metrics(
        _ member: OutcomeJSON.Member?, _ bad: (Int, String) -> FederationError
    ) throws -> [String: Double] {
        guard let member, member.value != .nothing else { return [:] }
        guard case .object(let members) = member.value else {
            throw bad(
                member.column,
                "'metrics' is \(TerminalText.line(member.value.text)), not an object of numbers")
        }
        var metrics: [String: Double] = [:]
        for member in members where member.value != .nothing {
            let name = TerminalText.line(member.name)
            guard case .number(let value) = member.value else {
                let text = TerminalText.line(member.value.text)
                throw bad(member.column, "the metric '\(name)' is \(text), not a number")
            }
            guard member.name != "accuracy" || 0...1 ~= value else {
                let hint = value > 1 && value <= 100 ? "; is it percent? \(value) % are \(value / 100)" : ""
                throw bad(
                    member.column, "metrics.accuracy is \(value); allowed are fractions from 0 to 1\(hint)")
            }
            metrics[member.name] = value
        }
        return metrics
    }
}
