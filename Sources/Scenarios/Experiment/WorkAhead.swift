import Core
import Foundation
import Models
import RunLog
import Simulator

/// The real work that a run will come to, in the order of the virtual clock.
///
/// A timing-only play of the run tells it, which costs no training: it sends the same messages and asks for
/// the same work, and says where it leaves out an evaluation.
public struct WorkAhead: Sendable, Equatable {
    /// A piece of work.
    public struct Piece: Sendable, Equatable {
        /// When and where in the run it is done.
        public let occasion: WorkOccasion
        /// Floating-point operations.
        public let operations: Double
        /// How often it evaluates on the test images on its way; not among the operations.
        public let evaluations: Int
        /// What is equal in pieces that are as fast: kind, model and size.
        public let pace: String
        /// Names work that runs of one seed do together; `nil` for work of a run's own.
        public let share: String?

        /// Makes one.
        public init(
            _ occasion: WorkOccasion, operations: Double, evaluations: Int = 0, pace: String,
            share: String? = nil
        ) {
            self.occasion = occasion
            self.operations = operations
            self.evaluations = evaluations
            self.pace = pace
            self.share = share
        }
    }

    /// All pieces.
    public let pieces: [Piece]

    /// Work that is known otherwise, of a recorded run for example.
    public init(pieces: [Piece]) { self.pieces = pieces }

    /// A play of more clients and rounds would take longer than an estimate is worth.
    private static let largestPlay = 200_000.0

    /// Plays a run timing-only; `nil` where that would take long.
    ///
    /// - Parameters:
    ///   - inputs: what the run reads, loaded.
    ///   - pool: does what is to be done for that; where it is cancelled, the play ends.
    /// - Throws: what the play throws.
    init?(_ run: PlannedRun, inputs: RunInputs, pool: any WorkPool) throws {
        let rounds = run.method.plannedRounds(in: run.scenario) ?? run.scenario.training.rounds
        guard Double(run.scenario.clients) * Double(rounds) <= Self.largestPlay else { return nil }
        try self.init(playing: run, inputs: inputs, pool: pool)
    }

    /// Plays a run timing-only, however long that takes.
    ///
    /// - Throws: what the play throws.
    init(playing run: PlannedRun, inputs: RunInputs, pool: any WorkPool) throws {
        let scenario = run.scenario, data = inputs.images(of: run)
        let architecture = inputs.models.architecture(
            of: scenario, classes: data.train.classNames.count, side: data.train.side)
        let evaluation =
            Double(data.testCount) * Double(architecture.forwardOperations(side: data.train.side))
        pieces = try WorkCollector.play(run, inputs, pool, evaluation: evaluation).map { work in
            let place = work.occasion.client == nil ? "" : " at clients"
            return Piece(
                work.occasion, operations: work.operations, evaluations: work.evaluations,
                pace: Self.pace(of: work.occasion.kind, in: run) + place, share: work.share)
        }
    }

    private static func name(of foundation: Scenario.FoundationModel) -> String {
        switch foundation {
        case .shipped(let quality): quality.rawValue
        case .folder(let path): path
        }
    }

    /// What is equal in work of a run that is as fast, written for a file.
    private static func pace(of kind: WorkKind, in run: PlannedRun) -> String {
        let scenario = run.scenario
        return switch kind {
        case .synthesize, .encode, .tailor: "\(kind.rawValue) \(name(of: scenario.synthesis.foundation))"
        case .caption, .describe: kind.rawValue
        default:
            "\(kind.rawValue) \(scenario.model.kind.rawValue) \(scenario.data.side) "
                + "\(scenario.training.precision?.rawValue ?? "fp32") \(run.method.name)"
        }
    }
}

/// Notes the work that a timing-only play comes to.
private final class WorkCollector: RunProgress {
    private let works = Monitor<[FinishedWork]>([])
    /// Operations of an evaluation.
    private let evaluation: Double

    private init(evaluation: Double) { self.evaluation = evaluation }

    /// Plays a run into a log that is of no further use.
    static func play(
        _ run: PlannedRun, _ inputs: RunInputs, _ pool: any WorkPool, evaluation: Double
    ) throws -> [FinishedWork] {
        var scenario = run.scenario, inputs = inputs
        let images = inputs.images(of: run)
        scenario.training.mode = .none
        let timed = PlannedRun(name: run.name, scenario: scenario, method: run.method, seed: run.seed)
        inputs.set(images, for: timed)
        let folder = try ScratchFolder(for: "ahead")
        defer { folder.remove() }
        let log = try RunLog(path: "\(folder.path)/log.sqlite")
        let collector = WorkCollector(evaluation: evaluation)
        let recorder = try log.begin(timed.description(build: ""), inputs: [])
        let blobs = BlobStore(folder: "\(folder.path)/states", memoryBudgetBytes: 1 << 20)
        try RunPlayer(run: timed, inputs: inputs, pool: pool).play(recorder, blobs, .live, collector)
        try log.close()
        return collector.works.update { $0 }
    }

    func finished(_ work: FinishedWork) { works.update { $0.append(work) } }

    func passedOver(evaluations: Int, round: Int) {
        let occasion = WorkOccasion(kind: .evaluate, round: round, client: nil)
        let work = FinishedWork(occasion, operations: evaluation, seconds: 0)
        works.update { $0 += Array(repeating: work, count: evaluations) }
    }

    func began(round: Int, at instant: SimInstant) {}
    func moved(bytes: Int, direction: TransferDirection, at instant: SimInstant) {}
    func measured(accuracy: Double, round: Int) {}
    func worked(kind: WorkKind, at instant: SimInstant) {}
    func ended(at instant: SimInstant) {}
}
