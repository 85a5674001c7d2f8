import Core
import Simulator

/// What goes wrong with one client in one round, drawn from (seed, client, round) before it begins.
enum DropoutPlan: Sendable, Hashable {
    /// Nothing.
    case none
    /// It does nothing at all.
    case beforeTraining
    /// It stops when this fraction of its training, or describing, is done.
    case duringTraining(fraction: Double)
    /// It stops before it sends anything.
    case afterTraining
    /// It stops when this fraction of its upload has moved.
    case duringUpload(fraction: Double)

    /// Draws what goes wrong: one number decides which stage, a second one when in it.
    init(_ rates: Scenario.Dropout, using stream: inout RandomStream) {
        guard rates != Scenario.Dropout() else {
            self = .none
            return
        }
        var rest = stream.uniform()
        let fraction = stream.uniform()
        let stages: [(Double, DropoutPlan)] = [
            (rates.beforeTraining, .beforeTraining),
            (rates.duringTraining, .duringTraining(fraction: fraction)),
            (rates.afterTraining, .afterTraining), (rates.duringUpload, .duringUpload(fraction: fraction)),
        ]
        for (probability, plan) in stages {
            if rest < probability {
                self = plan
                return
            }
            rest -= probability
        }
        self = .none
    }

    /// The stage, as the log tells it; `nil` for none.
    var stage: String? {
        switch self {
        case .none: nil
        case .beforeTraining: "before-training"
        case .duringTraining: "during-training"
        case .afterTraining: "after-training"
        case .duringUpload: "during-upload"
        }
    }
}

/// Thrown where a client stops without an update; its round goes on without it.
struct ClientDropped: Error {}

/// Thrown from the waits of a client that its round no longer waits for.
struct ClientCut: Error {}

extension RunContext {
    /// What goes wrong with a client now; nothing where it is at work for nobody.
    private func dropout(of client: Int) -> DropoutPlan {
        participation.attempts[client]?.dropout ?? .none
    }

    /// Logs that a client stops here, and ends what it does.
    private func drop(_ client: Int, _ plan: DropoutPlan) throws -> Never {
        log(.clientDropped, client: client, detail: plan.stage.map { ["stage": .text($0)] })
        throw ClientDropped()
    }

    /// Where a client begins a round that it does nothing in.
    func dropBeforeTraining(_ client: Int) throws {
        let plan = dropout(of: client)
        if case .beforeTraining = plan { try drop(client, plan) }
    }

    /// The part of its work after which a client stops; `nil` where it goes through.
    func droppedFractionOfWork(_ client: Int) -> Double? {
        if case .duringTraining(let fraction) = dropout(of: client) { fraction } else { nil }
    }

    /// Ends the work of a client in the middle.
    func dropDuringWork(_ client: Int) throws -> Never { try drop(client, dropout(of: client)) }

    /// Where a client would begin to upload.
    func dropBeforeUpload(_ client: Int) throws {
        let plan = dropout(of: client)
        if case .afterTraining = plan { try drop(client, plan) }
    }

    /// The bytes of an upload that move before its client stops; `nil` where it goes through.
    func droppedBytes(of client: Int, upload bytes: Int) -> Int? {
        guard case .duringUpload(let fraction) = dropout(of: client) else { return nil }
        return Int(fraction * Double(bytes))
    }

    /// Ends the upload of a client in the middle.
    func dropDuringUpload(_ client: Int) throws -> Never { try drop(client, dropout(of: client)) }
}

// MARK: - Coming and going

extension RunContext {
    /// Whether a client can take part now.
    func isAvailable(_ client: Int) -> Bool { faults.isUp(.client(client)) }

    /// Does what a client does in a round, up to where it fails or goes away.
    ///
    /// - Throws: what `body` throws that is not the client's own failure.
    func attempt(at client: Int, _ body: @escaping () async throws -> Void) async throws {
        do {
            try await whileThere(client) { [self] in
                try dropBeforeTraining(client)
                try await body()
            }
        } catch is ClientDropped {
            // Logged where it happened.
        }
    }

    /// Does something at a client. One that goes away gives up, or pauses, as the scenario says.
    func whileThere(_ client: Int, _ body: @escaping () async throws -> Void) async throws {
        do {
            guard scenario.faults.whenAway == .abandon else { return try await body() }
            if try await faults.untilDown(.client(client), body) != nil { return }
        } catch {
            guard meansGone(error) else { throw error }
        }
        log(.clientLeft, client: client)
    }

    /// Whether an error says that a client or its link does not come back.
    @inline(never)
    private func meansGone(_ error: any Error) -> Bool {
        guard let down = error as? FaultSchedule.Down else { return false }
        return down.target != .server
    }

    /// The error of a round that lacks clients when no other client will come and none is at work.
    private func lack(ofClients chosen: Int) -> FederationError {
        let available = (0..<scenario.clients).count(where: isAvailable)
        guard available > chosen else { return .noClients(round: round) }
        return .tooFewChosen(
            round: round, selection: participation.settings.selection, chosen: chosen, available: available,
            minimum: participation.settings.minimum)
    }

    /// Returns when it is worth looking again for a client that can take part: one has come back, or has
    /// ended what it was doing.
    ///
    /// - Parameter chosen: how many of those that are there the selection has chosen, fewer than are needed.
    /// - Throws: `FederationError.noClients` or `.tooFewChosen` where that will never be.
    /// - Complexity: O(clients).
    func waitForClient(chosen: Int = 0) async throws {
        let now = simulation.now
        let next = (0..<scenario.clients).compactMap { client -> SimInstant? in
            guard let outage = faults.outage(of: .client(client)), outage.contains(now), !outage.isForGood
            else {
                return nil
            }
            return outage.end
        }.min()
        guard let next else {
            guard !participation.attempts.isEmpty else { throw lack(ofClients: chosen) }
            return try await participation.waitForEnd()
        }
        _ = try await simulation.withDeadline(at: next) { [participation] in
            try await participation.waitForEnd()
        }
    }
}
