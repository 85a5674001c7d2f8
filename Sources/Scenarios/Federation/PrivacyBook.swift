import Models
import RunLog
import Simulator

// Differential privacy of uploaded weights: https://arxiv.org/abs/1710.06963. A neighbouring federation has
// one client more or less, so ε is that of clients, not of images.

/// What a run has spent of its clients' privacy.
///
/// What sampling hides is counted only where the sampling is random, of clients that are all alike, and as
/// secret as the analysis wants it (`Accounting.sampled`). Everywhere else each client's own updates are
/// counted in full, and ε is that of the client with most of them. docs/methods.md has the rule of each
/// policy.
final class PrivacyBook {
    /// How a run's ε is counted.
    enum Accounting: String {
        /// Each round is a Gaussian mechanism on a sample, at the fraction of the clients there that it
        /// selects.
        case sampled
        /// Each update is a Gaussian mechanism without sampling.
        case participations
        /// As version 0.1: each round at the fraction of all clients that it selects, however they are
        /// selected.
        case everyRound = "every-round"
    }

    private let settings: Scenario.Privacy
    /// How ε is counted in this run.
    let accounting: Accounting
    private let orders: RenyiAccountant.Orders
    private var central: RenyiAccountant
    /// Updates of each client that have been counted.
    private var updates: [Int: Int] = [:]
    /// The most that a client has made.
    private(set) var most = 0
    /// Uploads that a client has noised in the latest round that it did so in.
    private var noised: [Int: (round: Int, uploads: Int)] = [:]
    /// Whether the log says how ε is counted.
    fileprivate var isAnnounced = false

    init(_ scenario: Scenario, rules: RunRules) {
        settings = scenario.privacy
        accounting = Self.accounting(of: scenario, rules: rules)
        orders = rules.orders
        central = RenyiAccountant(orders)
    }

    private static func accounting(of scenario: Scenario, rules: RunRules) -> Accounting {
        // Whoever reads a client's uploads knows that it took part: nothing is hidden.
        if scenario.privacy.place == .client { return .participations }
        if rules < .second { return .everyRound }
        let participation = scenario.participation
        guard let policy = scenario.catalogue.policy(participation.policy) else { return .participations }
        let isSample = policy.plan(participation, clients: scenario.clients).selected < scenario.clients
        // A late client is not among those that the next rounds choose from: its chance is not theirs.
        let isUniform = scenario.catalogue.selection(participation.selection)?.isUniformSample ?? false
        return isSample && isUniform && participation.late == .drop ? .sampled : .participations
    }

    /// The stream of a client's noise for its next upload. No two uploads have the same noise, since their
    /// difference would have none: where a client uploads again before the server's next update, as it does
    /// in asynchronous methods and where late updates are accepted, the stream has the upload's number too.
    func noiseStream(of client: Int, round: Int) -> String {
        let earlier = noised[client].map { $0.round == round ? $0.uploads : 0 } ?? 0
        noised[client] = (round, earlier + 1)
        return earlier == 0 ? "noise" : "noise/\(earlier + 1)"
    }

    /// Counts a round that a fraction of the clients took part in, each by chance; the ε of all rounds so
    /// far.
    func round(rate: Double) -> Double {
        central.add(noise: settings.noise, rate: rate)
        return central.epsilon(delta: settings.delta)
    }

    /// Counts an update of each of some clients in full; the ε of the client that has made most, and whether
    /// it has grown.
    ///
    /// - Parameter noise: of each update; `privacy.noise` unless given.
    func updates(of clients: [Int], noise: Double? = nil) -> (epsilon: Double, hasGrown: Bool) {
        let before = most
        for client in clients {
            updates[client, default: 0] += 1
            most = max(most, updates[client]!)
        }
        var own = RenyiAccountant(orders)
        own.add(noise: noise ?? settings.noise, rate: 1, rounds: most)
        return (own.epsilon(delta: settings.delta), most > before)
    }
}

extension RunContext {
    /// Logs what has been spent; without noise it has no bound, and nothing is logged.
    private func log(epsilon: Double) {
        guard epsilon.isFinite else { return }
        announceAccounting()
        log(.epsilon, epsilon)
        if privacy.accounting == .participations, rules >= .second {
            log(.mostParticipations, Double(privacy.most))
        }
    }

    private func log(_ name: MetricName, _ value: Double) {
        recorder.metric(at: simulation.now, round: round, split: .privacy, name: name, value: value)
    }

    /// Logs once how ε is counted, and tells the user what it leaves out.
    private func announceAccounting() {
        guard rules >= .second, !privacy.isAnnounced else { return }
        privacy.isAnnounced = true
        let selection = scenario.participation.selection
        var detail: [String: JSONScalar] = [
            "accounting": .text(privacy.accounting.rawValue), "at": .text(scenario.privacy.place.rawValue),
            "selection": .text(selection),
        ]
        if scenario.catalogue.selection(selection)?.readsLosses == true {
            detail["not_counted"] = "training losses, which the selection reads without noise"
            progress.warned(
                "epsilon does not count what the selection \(selection) learns from the clients' training "
                    + "losses, which have no noise")
        }
        log(.privacyAccounting, detail: JSONText(detail))
    }

    /// Counts votes of some clients' images, to whose sum the server adds noise: a Gaussian mechanism of
    /// sensitivity 1 for each image, whose votes are counted in full in each round that its client takes part
    /// in. ε is that of an image of the client that has taken part most often.
    func countVotes(of clients: [Int], noise: Double) {
        let epsilon = privacy.updates(of: clients, noise: noise).epsilon
        guard epsilon.isFinite else { return }
        if !privacy.isAnnounced {
            privacy.isAnnounced = true
            log(
                .privacyAccounting,
                detail: [
                    "accounting": .text(PrivacyBook.Accounting.participations.rawValue), "at": "server",
                    "selection": .text(scenario.participation.selection), "unit": "image",
                ])
        }
        log(.epsilon, epsilon)
        log(.mostParticipations, Double(privacy.most))
    }

    /// Counts a client's upload, to which it has added noise by itself.
    fileprivate func countUpload(of client: Int) {
        let (epsilon, hasGrown) = privacy.updates(of: [client])
        if hasGrown { log(epsilon: epsilon) }
    }

    /// Counts a mean of clients' updates, to which the server adds noise.
    fileprivate func countRound(of clients: [Int]) {
        switch privacy.accounting {
        case .everyRound:
            log(epsilon: privacy.round(rate: Double(participation.plan.selected) / Double(scenario.clients)))
        case .sampled:
            log(epsilon: privacy.round(rate: participation.selectedFraction))
        case .participations:
            log(epsilon: privacy.updates(of: clients).epsilon)
        }
    }
}

extension Client {
    /// The model with its change clipped, and noised where clients do that, as the scenario asks for it.
    func privatized(_ local: ModelState) async throws -> ModelState {
        let settings = context.scenario.privacy
        guard let limit = settings.clip else { return local }
        guard let base = local.base else { preconditionFailure("client \(id) uploads a change of no model") }
        let deviation = settings.place == .client ? settings.noise * limit : 0
        let stream = context.privacy.noiseStream(of: id, round: context.round)
        let seed = context.workSeed(stream, client: id, round: context.round)
        let work = Privatization(
            context.classifier, local.bytes, base: base, clip: limit,
            noise: deviation > 0 ? Noise(deviation: deviation, seed: seed) : nil)
        let made = try await context.perform(work, client: id, on: device).output
        if settings.place == .client { context.countUpload(of: id) }
        var state = ModelState(
            bytes: made.main, samples: local.samples, steps: local.steps, scope: local.scope)
        state.base = base
        return state
    }
}

extension Server {
    /// The mean of these clients' clipped updates with the server's noise, where the scenario asks for it.
    func noised(_ mean: ModelState, of clients: [Int]) async throws -> ModelState {
        let settings = context.scenario.privacy
        guard let limit = settings.clip, settings.place == .server else { return mean }
        context.countRound(of: clients)
        guard settings.noise > 0 else { return mean }
        let deviation = settings.noise * limit / Double(clients.count)
        let seed = context.workSeed("noise", round: context.round)
        let work = Noising(
            context.classifier, mean.bytes, Noise(deviation: deviation, seed: seed))
        let made = try await context.perform(work, on: device).output
        return ModelState(bytes: made.main, samples: mean.samples, scope: mean.scope)
    }
}
