import Core
import Foundation
import Models
import Testing

@Suite struct MembershipInferenceTests {
    @Test("The four metrics of (1/2, 1/4, 1/4), by hand")
    func closedForms() {
        let p = [0.5, 0.25, 0.25], ln2 = log(2.0)
        // H = 1/2 ln 2 + 2 · 1/4 · 2 ln 2.
        #expect(abs(MembershipMetric.entropy.value(p, label: 0) - 1.5 * ln2) < 1e-12)
        #expect(abs(MembershipMetric.loss.value(p, label: 1) - 2 * ln2) < 1e-12)
        #expect(MembershipMetric.confidence.value(p, label: 2) == 0.25)
        // −1/2 ln 1/2 − 2 · 1/4 ln 3/4; −3/4 ln 1/4 − 1/2 ln 1/2 − 1/4 ln 3/4.
        let right = MembershipMetric.modifiedEntropy.value(p, label: 0)
        let three = log(0.75)
        #expect(abs(right - 0.5 * ln2 + 0.5 * three) < 1e-12)
        let wrong = MembershipMetric.modifiedEntropy.value(p, label: 1)
        #expect(abs(wrong - 2 * ln2 + 0.25 * three) < 1e-12)
    }

    @Test("Certain and right: all metrics say member; certain and wrong: only the entropy does not notice")
    func certain() {
        for metric in MembershipMetric.allCases {
            let right = metric.score([1, 0], label: 0), wrong = metric.score([1, 0], label: 1)
            #expect(right.isFinite && wrong.isFinite)
            if metric == .entropy { #expect(right == wrong) } else { #expect(right > wrong) }
            #expect(right >= metric.score([0.6, 0.4], label: 0))
        }
    }

    @Test("Apart: AUC 1; mixed: the share of ordered pairs; the same: 1/2")
    func area() {
        #expect(MembershipAttack(members: [2, 3], nonMembers: [0, 1]).areaUnderCurve == 1)
        #expect(MembershipAttack(members: [0, 1], nonMembers: [2, 3]).areaUnderCurve == 0)
        #expect(MembershipAttack(members: [1, 1], nonMembers: [1, 1, 1]).areaUnderCurve == 0.5)
        // Pairs (3, 2) (3, 1) (1, 2) (1, 1): 1 + 1 + 0 + 1/2 of 4.
        let attack = MembershipAttack(members: [3, 1], nonMembers: [2, 1])
        #expect(attack.areaUnderCurve == 0.625 && attack.gap == 0.5)
    }

    @Test("Scores that are not numbers are below all others")
    func notANumber() {
        let attack = MembershipAttack(members: [3, .nan], nonMembers: [2, .nan])
        // Pairs (3, 2), (3, nan), (nan, 2), (nan, nan): 1 + 1 + 0 + 1/2 of 4.
        #expect(attack.areaUnderCurve == 0.625 && attack.truePositiveRate == 0.5)
        #expect(MembershipAttack(members: [.nan], nonMembers: [.nan]).areaUnderCurve == 0.5)
    }

    @Test(
        "AUC of random scores is that of all pairs counted one by one",
        arguments: 1...6 as ClosedRange<UInt64>)
    func pairs(_ seed: UInt64) {
        var generator = RandomStream(seed: seed)
        let members = (0..<70).map { _ in Double(generator.index(below: 30)) }
        let others = (0..<90).map { _ in Double(generator.index(below: 25)) }
        var sum = 0.0
        for member in members {
            for other in others { sum += member > other ? 1 : member == other ? 0.5 : 0 }
        }
        let attack = MembershipAttack(members: members, nonMembers: others)
        #expect(abs(attack.areaUnderCurve - sum / 6300) < 1e-12)
        // The rate of every threshold, one by one.
        for rate in [0, 0.001, 0.05, 0.5, 1] {
            let best = (Set(members + others)).map { threshold -> Double in
                let wrong = Double(others.count { $0 >= threshold }) / 90
                return wrong <= rate ? Double(members.count { $0 >= threshold }) / 70 : 0
            }.max()!
            let found = MembershipAttack(members: members, nonMembers: others, falsePositiveRate: rate)
            #expect(abs(found.truePositiveRate - best) < 1e-12)
        }
    }

    @Test("At 0.1 % of 2,000 non-members, two may be taken for members")
    func lowRate() {
        let others = (0..<2000).map(Double.init), members = [1999.5, 1998.5, 1997.5, 1996.5, 0.5]
        #expect(MembershipAttack(members: members, nonMembers: others).truePositiveRate == 0.6)
        #expect(
            MembershipAttack(members: members, nonMembers: Array(others.prefix(900))).truePositiveRate == 0.8)
    }
}
