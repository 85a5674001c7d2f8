import Foundation
import Simulator

/// The clients that took part in each round of a run whose outcomes were recorded elsewhere: who has no line
/// took no part. It goes with the run as the facts of its input `outcomes`, so that a replay knows it.
struct ListedParticipants: Sendable, Equatable {
    private let rounds: [Int: [Int]]

    /// - Parameter rounds: ascending numbers of clients by round; `nil` where all took part in all.
    init?(_ rounds: [Int: [Int]]?) {
        guard let rounds else { return nil }
        self.rounds = rounds
    }

    /// The last round that has clients.
    var lastRound: Int? { rounds.keys.max() }

    /// The clients of a round.
    func clients(round: Int) -> [Int] { rounds[round] ?? [] }

    /// A JSON object: the numbers of the clients, by round.
    var facts: String {
        let lists = rounds.sorted { $0.key < $1.key }.map { round, clients in
            "\"\(round)\":[\(clients.map(String.init).joined(separator: ","))]"
        }
        return "{\"participants\":{\(lists.joined(separator: ","))}}"
    }

    private struct Facts: Decodable {
        let participants: [String: [Int]]?
    }

    /// What a log has noted; `nil` where all took part in all rounds.
    ///
    /// - Throws: `FederationError.unreadableRecord`.
    init?(facts: String) throws {
        guard let read = try? JSONDecoder().decode(Facts.self, from: Data(facts.utf8)) else {
            throw FederationError.unreadableRecord(what: "who took part in the imported rounds")
        }
        guard let participants = read.participants else { return nil }
        var rounds: [Int: [Int]] = [:]
        for (round, clients) in participants {
            guard let round = Int(round), clients.allSatisfy({ 0...1_000_000 ~= $0 }),
                zip(clients, clients.dropFirst()).allSatisfy({ $0 < $1 })
            else { throw FederationError.unreadableRecord(what: "who took part in the imported rounds") }
            rounds[round] = clients
        }
        self.rounds = rounds
    }
}
