import Results
import RunLog
import Simulator
import Testing

/// The report's figures of attacks and of what a filter makes of them.
@Suite("Figures of attacks")
struct AttackFigureTests {
    /// A run whose attackers come to a tenth more in each round, and whose filter leaves out client 2 of
    /// three.
    private func file(rounds: Int, filters: Bool) throws -> String {
        let path = SampleLog.temporaryPath("sqlite"), log = try RunLog(path: path)
        let recorder = try log.begin(
            RunDescription(
                name: "lies", method: "fgl-one-shot", seed: 1, clients: 3, scenario: "name: lies\nseed: 1\n",
                build: ""))
        for client in 0..<3 { recorder.client(ClientRow(client: client, samples: 10)) }
        let end = SimInstant.start + .seconds(1)
        for round in 1...max(rounds, 1) {
            recorder.metric(at: end, round: round, split: .test, name: .accuracy, value: 0.5)
            guard rounds > 0 else { continue }
            recorder.metric(
                at: end, round: round, split: .attack, name: .attackSuccess, value: 0.1 * Double(round))
        }
        for (client, agreement) in [0.8, 0.75, 0.1].enumerated() where filters {
            recorder.metric(
                at: end, round: 1, client: client, split: .participation, name: .promptAgreement,
                value: agreement)
            if agreement < 0.5 { recorder.event(at: end, kind: .promptsRejected, round: 1, client: client) }
        }
        try recorder.finish(.finished, at: end)
        try log.close()
        return path
    }

    private func part(_ kind: String, of path: String) throws -> String? {
        try Report(path: path).html().components(separatedBy: "data-chart=\"\(kind)\"").dropFirst().first?
            .components(separatedBy: "</figure>")[0]
    }

    @Test("Success by round, with the values of each; no figure without an attack")
    func success() throws {
        let figure = try #require(try part("attack-success", of: file(rounds: 3, filters: false)))
        for text in ["round 1: 10.0 %", "round 2: 20.0 %", "round 3: 30.0 %"] {
            #expect(figure.contains(text), "\(text)")
        }
        #expect(try part("attack-success", of: file(rounds: 0, filters: true)) == nil)
    }

    @Test("Each client's agreement, and who was left out; no figure without a filter")
    func filter() throws {
        let figure = try #require(try part("prompt-agreement", of: file(rounds: 1, filters: true)))
        for text in ["1 of 3 left out", "client 0: 80.0 %, taken", "client 2: 10.0 %, left out"] {
            #expect(figure.contains(text), "\(text)")
        }
        #expect(try part("prompt-agreement", of: file(rounds: 1, filters: false)) == nil)
    }
}
