import Results
import Scenarios
import Simulator
import Testing

/// Rounds that fewer clients take part in than were asked for.
@Suite("Participants of rounds", .serialized)
struct AttendanceTests {
    /// All clients but these are away from the beginning.
    private func onlyThere(_ clients: Int, of total: Int) -> [String] {
        let away = (clients..<total).map { "{ at: 0s, client: \($0) }" }.joined(separator: ", ")
        return ["clients=\(total)", "data.train-per-class=20", "faults.listed=[\(away)]"]
    }

    @Test(
        "One of nine clients in one shot: a column, and a warning with the number",
        arguments: ["fgl-one-shot", "fedavg-one-shot"])
    func oneOfNine(method: String) throws {
        let (path, warnings) = try NotANumberTests.run(
            ["methods=[\(method)]"] + onlyThere(1, of: 9), text: PolicyTests.scenario)
        #expect(
            warnings == [
                "1 of 1 round had updates of fewer than half of the 9 clients that participation asks for "
                    + "(the fewest: 1, in round 1)"
            ])
        let table = try Comparison(path: path).table().split(separator: "\n").map {
            $0.split(separator: " ", omittingEmptySubsequences: true)
        }
        #expect(table[1][3] == "participants" && table[2][3] == "1", "\(table)")
    }

    @Test(
        "Half of them is no reason to warn; clients cut by a deadline are; one round in three is counted as one"
    )
    func thresholds() throws {
        func warnings(_ overrides: [String]) throws -> [String] {
            try NotANumberTests.run(overrides, text: PolicyTests.scenario).warnings
        }
        #expect(try warnings(onlyThere(5, of: 10)).isEmpty)
        #expect(
            try warnings(onlyThere(4, of: 10)).first?.hasPrefix(
                "3 of 3 rounds had updates of fewer than half of the 10") == true)
        // Clients that upload nothing are there all the same.
        #expect(try warnings(["methods=[local]"]).isEmpty)
        #expect(try warnings(["methods=[local]"] + onlyThere(4, of: 10)).count == 1)
        #expect(try warnings(["participation={ policy: k-of-m, select: 4, wait-for: 2 }"]).isEmpty)
        #expect(try warnings(["participation={ policy: deadline, deadline: 14s }"]).count == 1)
        // Three of five leave after the first round.
        let leave = (0..<3).map { "{ at: 60s, client: \($0) }" }.joined(separator: ", ")
        let later = try warnings(["faults.listed=[\(leave)]", "training.rounds=3"])
        #expect(
            later.count == 1 && later[0].contains(" of 3 rounds had updates of fewer than half of the 5"),
            "\(later)")
    }
}
