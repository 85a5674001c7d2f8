import Core
import Foundation
import RunLog
import Scenarios
import Simulator

/// A long piece of work at the server, as far as it is.
private struct Stage {
    let kind: WorkKind
    let done: Int
    let total: Int
    /// How far it was when it was first heard of.
    let first: Int
    let began: ContinuousClock.Instant
}

/// What is known of a run that is going on.
final class RunLine {
    let id: Int64
    let place: RunPlace
    let name: String
    let rounds: Int?
    let seed: UInt64
    var round = 0
    var instant = SimInstant.start
    var accuracy: Double?
    /// The round after which that was measured.
    var accuracyRound = 0
    var uplinkBytes = 0
    var downlinkBytes = 0
    var activity: WorkKind?
    var isOver = false
    /// Since this run's last line in a file.
    var silence = ProgressPace(every: .seconds(60))
    /// Images trained on and synthesized.
    var images = 0
    /// How far a long piece of work at the server is.
    private var stage: Stage?
    private let start = ContinuousClock.now

    init(_ run: PlannedRun, id: Int64) {
        self.id = id
        place = RunPlace(run)
        seed = run.seed
        name = "\(run.name) \(run.method.name)" + (run.seed == 1 ? "" : " seed \(run.seed)")
        rounds = run.method.plannedRounds(in: run.scenario)
    }

    /// The line for a terminal, wrapped between its parts.
    func rows(after elapsed: Double, left: Double?, width: Int) -> [String] {
        var rows: [String] = []
        for part in parts(after: elapsed, left: left) {
            if let last = rows.last, last.count + 2 + part.count <= width {
                rows[rows.count - 1] += "  \(part)"
            } else {
                rows.append(rows.isEmpty ? part : "    \(part)")
            }
        }
        return rows
    }

    func text(after elapsed: Double, left: Double?) -> String {
        parts(after: elapsed, left: left).joined(separator: "  ")
    }

    private func parts(after elapsed: Double, left: Double?) -> [String] {
        var parts = ["[\(Int(elapsed)) s] \(name)"]
        if isOver {
            parts.append("done")
        } else if round > 0 {
            parts.append("round \(round)" + (rounds.map { "/\($0)" } ?? ""))
        }
        parts.append("t \(Format.duration(instant.seconds))")
        if let accuracy {
            let text = accuracy.isNaN ? "not a number" : Format.percent(accuracy)
            parts.append("accuracy \(text) after round \(accuracyRound)")
        }
        parts.append("up \(Format.bytes(uplinkBytes)), down \(Format.bytes(downlinkBytes))")
        if let imagesPerSecond { parts.append("\(Format.grouped(imagesPerSecond)) images/s") }
        if !isOver {
            if let left = left ?? leftByPace { parts.append("\(TimeLeftText.of(left)) left") }
            if let stage {
                parts.append(Self.text(of: stage))
            } else if let activity {
                parts.append(activity.rawValue)
            }
        }
        return parts
    }

    private static func text(of stage: Stage) -> String {
        "\(stage.kind) " + ProgressBar.text(done: stage.done, of: stage.total, width: 12)
    }

    /// Starts or continues a stage. Its pace counts from its first step: before it, work may wait for a
    /// worker.
    func advance(_ kind: WorkKind, _ done: Int, of total: Int) {
        let isNew = stage?.kind != kind || stage?.total != total || done <= stage!.first
        let began = isNew ? .now : stage!.began, first = isNew ? done : stage!.first
        stage = done < total ? Stage(kind: kind, done: done, total: total, first: first, began: began) : nil
    }

    /// How far the stage under way is, and how much of it was done in how many seconds.
    var part: (done: Double, gained: Double, seconds: Double)? {
        guard let stage, stage.total > 0 else { return nil }
        let total = Double(stage.total)
        return (
            Double(stage.done) / total, Double(stage.done - stage.first) / total,
            (ContinuousClock.now - stage.began) / .seconds(1)
        )
    }

    /// Images a second of wall time since the run began.
    private var imagesPerSecond: Int? {
        let spent = (ContinuousClock.now - start) / .seconds(1)
        return images > 0 && spent > 1 ? Int(Double(images) / spent) : nil
    }

    /// Wall time left, in seconds, where the work ahead is not known: at the pace of the rounds so far, or of
    /// the stage under way where there are no rounds to go by.
    private var leftByPace: Double? {
        if let rounds, rounds > 1, round > 1 {
            let spent = (ContinuousClock.now - start) / .seconds(1)
            return spent / Double(round - 1) * Double(rounds - round + 1)
        }
        guard let stage, stage.done > stage.first else { return nil }
        let spent = (ContinuousClock.now - stage.began) / .seconds(1)
        return spent / Double(stage.done - stage.first) * Double(stage.total - stage.done)
    }
}
