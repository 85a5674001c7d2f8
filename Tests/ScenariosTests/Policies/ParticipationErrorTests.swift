import Foundation
import Scenarios
import Testing

/// What the section `participation` refuses, and in which words.
@Suite("Bad participation")
struct ParticipationErrorTests {
    struct BadText: Sendable, CustomTestStringConvertible {
        let text: String
        let sentence: String
        var testDescription: String { text }
    }

    private static let policies = "all, fraction, k-of-m, deadline"

    @Test(
        "Each is refused at its line, with key, value and what is allowed",
        arguments: [
            BadText(
                text: "{ policy: some }",
                sentence: "3:26: participation.policy: some is not allowed; allowed: \(policies)"),
            BadText(
                text: "some",
                sentence: "3:16: participation: some is not allowed; allowed: a mapping of key: value pairs"),
            BadText(
                text: "{ policy: fraction }",
                sentence:
                    "3:26: participation.fraction: this key is missing; participation.policy: fraction needs "
                        + "it"
            ),
            BadText(
                text: "fraction",
                sentence:
                    "3:16: participation.fraction: this key is missing; participation.policy: fraction needs "
                        + "it"
            ),
            BadText(
                text: "{ policy: deadline }",
                sentence:
                    "3:26: participation.deadline: this key is missing; participation.policy: deadline needs "
                        + "it"
            ),
            BadText(
                text: "{ policy: k-of-m, select: 3 }",
                sentence:
                    "3:26: participation.wait-for: this key is missing; participation.policy: k-of-m needs it"
            ),
            BadText(
                text: "{ policy: k-of-m, wait-for: 3 }",
                sentence:
                    "3:26: participation.select: this key is missing; participation.policy: k-of-m needs it"),
            BadText(
                text: "{ policy: k-of-m, select: 3, wait-for: 4 }",
                sentence: "3:42: participation.select: 3 does not go with participation.wait-for: 4; "
                    + "allowed: at least 4, so that a round can end"),
            BadText(
                text: "{ policy: k-of-m, select: 6, wait-for: 4 }",
                sentence: "3:42: participation.select: 6 does not go with clients: 5; allowed: at most 5"),
            BadText(
                text: "{ policy: k-of-m, select: 5, wait-for: 4, minimum: 5 }",
                sentence: "3:67: participation.minimum: 5 does not go with rounds that end with 4 updates; "
                    + "allowed: at most 4"),
            BadText(
                text: "{ policy: fraction, fraction: 0.2, minimum: 2 }",
                sentence: "3:60: participation.minimum: 2 does not go with rounds that end with 1 updates; "
                    + "allowed: at most 1"),
            BadText(
                text: "{ minimum: 6 }",
                sentence: "3:27: participation.minimum: 6 does not go with rounds that end with 5 updates; "
                    + "allowed: at most 5"),
            BadText(
                text: "{ policy: deadline, deadline: 0s }",
                sentence:
                    "3:46: participation.deadline: 0s is not allowed; allowed: a duration from 1ns to "
                        + "1000000h such as "
                    + "50ms, in ns, us, ms, s, min, h"),
            BadText(
                text: "{ policy: deadline, deadline: -5s }",
                sentence:
                    "3:46: participation.deadline: -5s is not allowed; allowed: a duration from 1ns to "
                        + "1000000h such as "
                    + "50ms, in ns, us, ms, s, min, h"),
            BadText(
                text: "{ policy: deadline, deadline: 20 }",
                sentence:
                    "3:46: participation.deadline: 20 has no unit; allowed: a duration from 1ns to 1000000h "
                        + "such as "
                    + "50ms, in ns, us, ms, s, min, h"),
            BadText(
                text: "{ policy: deadline, deadline: 20MB }",
                sentence:
                    "3:46: participation.deadline: 20MB has the unknown unit MB; allowed: a duration from "
                        + "1ns to "
                    + "1000000h such as 50ms, in ns, us, ms, s, min, h"),
            BadText(
                text: "{ fraction: 0 }",
                sentence:
                    "3:28: participation.fraction: 0 is not allowed; allowed: a number above 0, at most 1"),
            BadText(
                text: "{ fraction: 1.01 }",
                sentence:
                    "3:28: participation.fraction: 1.01 is not allowed; allowed: a number above 0, at most "
                        + "1"),
            BadText(
                text: "{ fraction: nan }",
                sentence:
                    "3:28: participation.fraction: nan is not allowed; allowed: a number above 0, at most 1"),
            BadText(
                text: "{ select: 0 }",
                sentence:
                    "3:26: participation.select: 0 is not allowed; allowed: a whole number from 1 to "
                        + "1000000"),
            BadText(
                text: "{ wait-for: 2.5 }",
                sentence:
                    "3:28: participation.wait-for: 2.5 is not allowed; allowed: a whole number from 1 to "
                        + "1000000"
            ),
            BadText(
                text: "{ late: later }",
                sentence: "3:24: participation.late: later is not allowed; allowed: drop, accept-stale"),
            BadText(
                text: "{ selection: best }",
                sentence:
                    "3:29: participation.selection: best is not allowed; allowed: uniform, data-size, oort"),
            BadText(
                text: "{ polcy: all }",
                sentence: "3:18: participation.polcy: unknown key; did you mean policy?"),
        ])
    func refusal(bad: BadText) {
        #expect(
            scenarioSentences(minimalScenario + "participation: \(bad.text)\n") == [
                "test.yaml:" + bad.sentence
            ])
    }

    @Test("A variant of a sweep is refused as a whole scenario is")
    func swept() {
        #expect(
            scenarioSentences(
                minimalScenario
                    + "sweep: { participation: [all, { policy: k-of-m, select: 2, wait-for: 3 }] }\n")
                == [
                    "test.yaml:3:8: participation.select: 2 does not go with participation.wait-for: 3; "
                        + "allowed: at least 3, so that a round can end"
                ])
    }

    @Test("Whole sections and single words resolve to the same scenario")
    func spellings() throws {
        let word = try parseScenario(minimalScenario + "participation: all\n")
        #expect(try word == parseScenario(minimalScenario))
        let full = try parseScenario(
            minimalScenario
                + "participation: { policy: deadline, deadline: 2min, fraction: 0.5, late: accept-stale, "
                + "minimum: 2, selection: oort }\n")
        #expect(full.participation.deadlineSeconds == 120 && full.participation.late == .acceptStale)
        #expect(try parseScenario(full.resolvedYAML) == full)
    }

    @Test("A key that no variant's policy looks at gets a warning", arguments: [
        ("participation: { fraction: 0.5 }", ["fraction changes nothing with participation.policy: all; "
            + "policies with it: fraction, deadline"]),
        ("participation: { policy: fraction, fraction: 0.5, deadline: 3s }",
            ["deadline changes nothing with participation.policy: fraction; policies with it: deadline"]),
        ("participation: { policy: deadline, fraction: 0.5, deadline: 3s }", []),
        ("participation: { policy: all }", []),
        ("participation: { fraction: 0.5 }\nsweep: { participation.policy: [all, fraction] }", []),
        ("sweep: { participation.fraction: [0.5, 1] }",
            ["fraction changes nothing with participation.policy: all; "
                + "policies with it: fraction, deadline"]),
    ])
    func idleKeys(section: String, sentences: [String]) throws {
        let scenario = try parseScenario(minimalScenario + section + "\n")
        #expect(
            scenario.participationNotices.map(\.description)
                == sentences.map { "warning: participation.\($0)" })
    }
}
