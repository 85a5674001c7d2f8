import RunLog
import Scenarios
import TestSupport
import Testing

/// Which runs of two files `diff` compares.
@Suite("Pairs of runs")
struct RunPairingTests {
    /// Timing alone: what is compared are runs, not models.
    private static let scenario = """
        name: pairs
        methods: [fedavg]
        clients: 2
        data: { set: shapes, side: 8, train-per-class: 2, test-per-class: 1, partition: { kind: iid } }
        model: { kind: tiny }
        training: { mode: none, rounds: 2 }
        """

    /// The pairs of `run ids`, and how many runs have none.
    private func pairs(_ left: [String], _ right: [String]) throws -> (
        pairs: [[Int64]], same: [Bool], unpaired: Int
    ) {
        let readers = try [left, right].map {
            try RunLogReader(path: ExperimentTests.run(Self.scenario, overrides: $0))
        }
        let (found, unpaired) = try RunDifference.all(between: readers[0], and: readers[1])
        return (found.map { [$0.left.runID, $0.right.runID] }, found.map(\.isSame), unpaired)
    }

    @Test("The equal run of a sweep is found, wherever it stands; the other one has no counterpart")
    func sweep() throws {
        // Their names differ: `pairs rounds=3` and `pairs`.
        let found = try pairs(["sweep={training.rounds: [2, 3]}"], ["training.rounds=3"])
        #expect(found.pairs == [[2, 1]] && found.unpaired == 1)
        let orders = try pairs(
            ["sweep={training.rounds: [2, 3]}"], ["sweep={training.rounds: [3, 2]}"])
        #expect(orders.pairs == [[1, 2], [2, 1]] && orders.same == [true, true] && orders.unpaired == 0)
    }

    @Test("Runs of the method and seed belong together before those of the method alone")
    func seeds() throws {
        let found = try pairs(["seed=1"], ["seed=2"])
        #expect(found.pairs == [[1, 1]] && found.same == [false] && found.unpaired == 0)
        let named = try pairs(["name=a"], ["name=b"])
        #expect(named.pairs == [[1, 1]] && named.same == [false])
    }

    @Test("Runs of both files that have no counterpart are counted")
    func unpaired() throws {
        let found = try pairs(["methods=[fedavg, fedprox]"], ["methods=[fedavg, scaffold]"])
        // The methods are part of the scenario, which differs.
        #expect(found.pairs == [[1, 1]] && found.same == [false] && found.unpaired == 2)
        let strangers = try pairs(["methods=[fedprox]"], ["methods=[scaffold]"])
        #expect(strangers.pairs == [[1, 1]] && strangers.same == [false] && strangers.unpaired == 0)
    }
}
