import Foundation
import Scenarios
import Testing

// tutorial:begin
/// FedAvg in which every other client takes part.
public struct EveryOtherClient: FederatedMethod {
    public let name = "every-other"
    public let summary = "FedAvg among the clients with an even number"

    public func plannedRounds(in scenario: Scenario) -> Int? { scenario.training.rounds }

    public func run(on federation: Federation) async throws {
        let server = federation.server
        var global = try await server.initialModel()
        for round in 1...federation.scenario.training.rounds {
            federation.begin(round: round)
            let model = global
            try await federation.atParticipants { client in
                guard client.id.isMultiple(of: 2) else { return }
                try await client.obtain(model)
                let local = try await client.train()
                try await client.upload(local)
            }
            global = try await server.average(server.receivedUpdates())
            try federation.end(round: round, global: global)
        }
    }
}
// tutorial:end

/// docs/tutorial.md: what it shows compiles, and what it says of scenarios is true.
@Suite("Tutorial")
struct TutorialTests {
    private static func text() throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return try String(contentsOf: root.appendingPathComponent("docs/tutorial.md"), encoding: .utf8)
    }

    private static func blocks(_ language: String) throws -> [String] {
        try text().components(separatedBy: "```\(language)\n").dropFirst().map {
            $0.components(separatedBy: "```")[0]
        }
    }

    @Test("The method in one file is the one that this test compiles")
    func method() throws {
        let source = try String(contentsOfFile: #filePath, encoding: .utf8)
        let own = source.components(separatedBy: "// tutorial:begin\n")[1]
            .components(separatedBy: "// tutorial:end")[0]
        #expect(try Self.blocks("swift") == [own])
        #expect(EveryOtherClient().name == "every-other" && !EveryOtherClient().needsFoundation)
    }

    @Test("The scenario and every key that is shown are valid")
    func scenarios() throws {
        let blocks = try Self.blocks("yaml")
        #expect(blocks.count >= 3)
        for (index, block) in blocks.enumerated() {
            // Single sections stand in the scenario that comes first.
            let text =
                index == 0
                ? block
                : blocks[0].split(separator: "\n").filter { line in
                    let key = line.prefix { $0 != ":" } + ":"
                    return !block.contains("\n" + key) && !block.hasPrefix(key)
                }.joined(separator: "\n") + "\n" + block
            _ = try Scenario.parse(
                text, file: "tutorial.md", overrides: [], knownMethods: FederatedMethods.names)
        }
    }
}
