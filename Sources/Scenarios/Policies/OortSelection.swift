import Core
import Foundation
import Simulator

/// Clients are chosen by what they have been worth: much to learn from them, and soon.
///
/// Lai et al., "Oort: Efficient Federated Learning via Guided Participant Selection", OSDI 2021,
/// https://arxiv.org/abs/2010.06081, algorithm 1 and section 4.3. From the paper: the statistical utility
/// |B| · √(mean of squared losses) of a client's images; utilities clipped at the 95th percentile; the bonus
/// √(0.1 ln R / L) for a client last chosen in round L; the factor (T / t)^α for one that takes t > T; a draw
/// by utility among those of at least 95 % of the last one's that fits in; exploration of never chosen
/// clients by speed, whose part falls from 0.9 to 0.2 by 0.98 a round; the pacer; the exclusion of clients
/// that were chosen often.
///
/// What is not as in the paper, and where the paper leaves it open:
/// - Utilities are divided by the largest clipped one before the bonus is added, as a number of images times
///   nats has no scale beside it (the authors' code, FedScale, brings them to 0…1 as well).
/// - The preferred duration T is a quantile of the durations seen, which the pacer raises by steps of 0.05
///   from 0.3, as in the authors' code; the paper's Δ is a time of the user's.
/// - Losses are those of the last local epoch, each image's as it was when it was drawn. Where a training has
///   a record of version 0.1, or an import's, its mean loss stands for the root; where nothing is really
///   trained, 1.
/// - Where the part of a selection that explores is not a whole number of clients, the rest is a chance of
///   one more (the authors' code rounds up, so that a selection of one would come back to nobody). Methods
///   without rounds select one at a time; their rounds are the server's updates.
/// - "By speed" is a draw in proportion to one over the time that a round of weights and local epochs takes
///   on the client's link and device on an idle network, of at most 10,000 clients that are
///   drawn uniformly before.
/// - The paper gives no number of rounds for the exclusion and its code has it off:
///   `participation.most-rounds`, off unless given. At most three in ten of the clients that are known are
///   excluded, as in the code, those chosen most often first, and none where a round would lack clients.
/// - A training that came to not-a-number is worth nothing.
public struct OortSelection: ClientSelection {
    public let name = "oort"
    public let readsLosses = true
    public let leavesClientsOut = true
    public let summary =
        "Oort's utility, images times root mean squared loss over lateness, with exploration by speed "
        + "(arXiv 2010.06081)"

    /// Makes the rule.
    public init() {}

    public func selector() -> any ClientSelector { OortSelector(SelectionSettings()) }

    public func selector(for settings: SelectionSettings) -> any ClientSelector { OortSelector(settings) }
}

/// The numbers of the paper and of its authors' code.
private enum Oort {
    /// Part of a round that goes to clients never chosen before: first, its decay per round, its least.
    static let exploration = (first: 0.9, decay: 0.98, least: 0.2)
    /// The exponent α of (T / t) for clients slower than T.
    static let penalty = 2.0
    /// Clients of at least this part of the utility of the last one that fits in take part in the draw.
    static let cutoff = 0.95
    /// The quantile that statistical utilities are clipped at.
    static let clip = 0.95
    /// Rounds after which the pacer compares utilities.
    static let window = 20
    /// The quantile of durations that T is: first, and what the pacer adds.
    static let pace = (first: 0.3, step: 0.05)
    /// The largest part of the known clients that is excluded.
    static let excluded = 0.3
    /// Of how many unknown clients at most the speeds are looked up.
    static let speeds = 10_000
}

/// Oort's memory of the clients of one run.
struct OortSelector: ClientSelector {
    private struct Memory {
        var statistical = 0.0
        var duration = 0.0
        var lastRound = 1
        /// Rounds in which an update of it came.
        var rounds = 0
    }

    private let settings: SelectionSettings
    /// Version 0.1 neither clipped nor explored by speed.
    private var isFirst: Bool { settings.rules == .first }
    /// The round in which the pacer looked last: methods without rounds select several times in one.
    private var paced = 0
    private var memory: [Int: Memory] = [:]
    private var quantile = Oort.pace.first
    /// The utility gained in each round, for the pacer.
    private var gains: [Int: Double] = [:]

    init(_ settings: SelectionSettings) { self.settings = settings }

    mutating func observe(_ outcome: ClientOutcome) {
        var known = memory[outcome.client] ?? Memory()
        known.duration = outcome.duration.seconds
        known.lastRound = outcome.round
        // A client that was cut told nothing about its data; what it told before still holds.
        if outcome.isComplete {
            let loss = outcome.loss ?? 1
            known.statistical = loss.isFinite || isFirst ? Double(outcome.samples) * loss : 0
            known.rounds += 1
            gains[outcome.round, default: 0] += known.statistical
        }
        memory[outcome.client] = known
    }

    mutating func select(
        _ count: Int, round: Int, from candidates: ClientCandidates, using stream: inout RandomStream
    ) -> [Int] {
        if count >= candidates.registered { return candidates.eligible }
        pace(round: round)
        let known = memory.keys.filter(candidates.isEligible).sorted()
        let excluded = excluded(among: known)
        let explored = known.filter { !excluded.contains($0) }
        let unknown = unknown(of: count, round: round, using: &stream)
        let exploited = min(explored.count, count - unknown)
        var chosen = exploit(exploited, of: explored, round: round, using: &stream)
        chosen += explore(count - chosen.count, round: round, from: candidates, using: &stream)
        // Fewer are unknown than exploration asks for: the rest of the known, and at last the excluded.
        for rest in [explored, excluded.sorted()] where chosen.count < count {
            let taken = Set(chosen)
            chosen += exploit(
                count - chosen.count, of: rest.filter { !taken.contains($0) }, round: round, using: &stream)
        }
        return chosen.sorted()
    }

    /// How many of `count` clients are to be ones that were never chosen.
    private func unknown(of count: Int, round: Int, using stream: inout RandomStream) -> Int {
        let share = max(
            Oort.exploration.least, Oort.exploration.first * pow(Oort.exploration.decay, Double(round)))
        let part = share * Double(count)
        // A fifth of one or two clients is none, when rounded.
        guard settings.rules >= .third else { return Int(part.rounded()) }
        return Int(part) + (stream.uniform() < part - part.rounded(.down) ? 1 : 0)
    }

    /// Known clients that have taken part in too many rounds.
    private func excluded(among clients: [Int]) -> Set<Int> {
        guard let most = settings.mostRounds else { return [] }
        let often = clients.map { (rounds: memory[$0]?.rounds ?? 0, client: $0) }
            .filter { $0.rounds >= most }
            .sorted { ($1.rounds, $0.client) < ($0.rounds, $1.client) }
        return Set(often.prefix(Int(Oort.excluded * Double(memory.count))).map(\.client))
    }

    /// Raises T where the last window of rounds has gained less than the one before.
    private mutating func pace(round: Int) {
        guard round > 2 * Oort.window, round % Oort.window == 1 else { return }
        if settings.rules >= .third, paced == round { return }
        paced = round
        func gain(_ rounds: Range<Int>) -> Double { rounds.reduce(0) { $0 + (gains[$1] ?? 0) } }
        let latest = gain(round - Oort.window..<round)
        if gain(round - 2 * Oort.window..<round - Oort.window) > latest {
            quantile = min(1, quantile + Oort.pace.step)
        }
    }

    /// Draws among the clients that were never chosen, the faster the likelier.
    private func explore(
        _ count: Int, round: Int, from candidates: ClientCandidates, using stream: inout RandomStream
    ) -> [Int] {
        let known = memory
        let unknown = ClientCandidates(
            registered: candidates.registered, isEligible: { known[$0] == nil && candidates.isEligible($0) },
            samples: candidates.samples)
        var uniform = UniformSelection()
        if isFirst { return uniform.select(count, round: round, from: unknown, using: &stream) }
        guard count > 0 else { return [] }
        let drawn = uniform.select(max(count, Oort.speeds), round: round, from: unknown, using: &stream)
        let speeds = drawn.map { client in
            (client: client, weight: max(1 / candidates.expectedSeconds(client), .leastNormalMagnitude))
        }
        return DataSizeSelection.sample(count, of: speeds, using: &stream)
    }

    /// Draws among the clients of high utility, in proportion to it.
    private func exploit(_ count: Int, of clients: [Int], round: Int, using stream: inout RandomStream)
        -> [Int]
    {
        let count = min(count, clients.count)
        guard count > 0 else { return [] }
        let utilities = utilities(of: clients, round: round)
        let least = utilities.map(\.weight).sorted(by: >)[count - 1] * Oort.cutoff
        return DataSizeSelection.sample(count, of: utilities.filter { $0.weight >= least }, using: &stream)
    }

    /// Utility of each client: statistical, plus a bonus for absence, times a penalty for being slower than
    /// T.
    private func utilities(of clients: [Int], round: Int) -> [(client: Int, weight: Double)] {
        let statistical = clients.map { memory[$0]?.statistical ?? 0 }.sorted()
        let largest = isFirst ? statistical.last ?? 0 : Self.value(at: Oort.clip, of: statistical)
        let durations = clients.compactMap { memory[$0]?.duration }.sorted()
        let preferred = Self.value(at: quantile, of: durations)
        return clients.map { client in
            let known = memory[client] ?? Memory()
            var utility = largest > 0 ? min(known.statistical, largest) / largest : 1
            utility += (0.1 * log(Double(max(2, round))) / Double(known.lastRound)).squareRoot()
            if known.duration > preferred { utility *= pow(preferred / known.duration, Oort.penalty) }
            return (client, utility)
        }
    }

    /// The value at a quantile of ascending values; zero of none.
    private static func value(at quantile: Double, of values: [Double]) -> Double {
        values.isEmpty ? 0 : values[min(values.count - 1, Int(quantile * Double(values.count)))]
    }
}
