import Foundation
import Models
import Testing

/// The robust rules against PyTorch (`Fixtures/robust.py`).
@Suite("Robust rules")
struct RobustRuleTests {
    private struct Reference: Decodable {
        let base: [Double], models: [[Double]], weights: [Double]
        let median: [Double], trimmed: [Double], krum: [Double], multi: [Double]
        let clipped: [Double], clipped_median: [Double], filtered: [Double]
        let krum_kept: [Int], multi_kept: [Int], filtered_kept: [Int]
    }

    private static let reference: Reference = {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        do {
            return try JSONDecoder().decode(
                Reference.self,
                from: Data(contentsOf: tests.appendingPathComponent("Fixtures/robust.json")))
        } catch {
            preconditionFailure("robust.json: \(error)")
        }
    }()

    private static func vector(_ values: [Double], batches: Int64 = 0) -> ModelVector {
        ModelVector(
            layout: [
                .init(name: "w", shape: [values.count], type: .float32),
                .init(name: "bn.running_mean", shape: [1], type: .float32),
                .init(name: "bn.num_batches_tracked", shape: [], type: .int64),
            ],
            parameters: values.map(Float.init), statistics: [Float(batches)], counts: [batches])
    }

    private static func combine(
        _ rule: RobustRule, _ models: [[Double]], base: [Double], weights: [Double]? = nil
    ) -> (model: ModelVector, kept: [Int]) {
        rule.combine(
            models.enumerated().map { vector($1, batches: Int64($0)) },
            bases: models.map { _ in vector(base) }, weights: weights ?? models.map { _ in 1 })
    }

    private func expect(
        _ rule: RobustRule, _ expected: [Double], kept: [Int]? = nil,
        _ location: SourceLocation = #_sourceLocation
    ) {
        let reference = Self.reference
        let found = Self.combine(
            rule, reference.models, base: reference.base, weights: reference.weights)
        for (value, other) in zip(found.model.parameters, expected) {
            #expect(
                abs(Double(value) - other) <= 1e-5, "\(rule): \(value), \(other)", sourceLocation: location)
        }
        #expect(found.kept == kept ?? Array(0..<7), sourceLocation: location)
    }

    @Test("Seven models of which two are false, by every rule")
    func pytorch() {
        let reference = Self.reference
        expect(.median, reference.median)
        expect(.trimmedMean(trim: 2), reference.trimmed)
        expect(.krum(attackers: 2, keep: 1), reference.krum, kept: reference.krum_kept)
        expect(.krum(attackers: 2, keep: 5), reference.multi, kept: reference.multi_kept)
        expect(.normClipping(limit: 0.5), reference.clipped)
        expect(.normClipping(limit: nil), reference.clipped_median)
        expect(.outlierFilter(deviations: 3), reference.filtered, kept: reference.filtered_kept)
    }

    private static let rules: [RobustRule] = [
        .median, .trimmedMean(trim: 1), .krum(attackers: 1, keep: 1), .krum(attackers: 1, keep: 9),
        .normClipping(limit: nil), .normClipping(limit: 100), .outlierFilter(deviations: 3),
    ]

    @Test("One model, and equal models, stay as they are, by every rule", arguments: rules)
    func alone(rule: RobustRule) {
        for count in 1...4 {
            let models = Array(repeating: [1.5, -2, 0.25], count: count)
            let (model, kept) = Self.combine(rule, models, base: [1, 1, 1])
            for (value, other) in zip(model.parameters, [1.5, -2, 0.25]) {
                #expect(abs(Double(value) - other) < 1e-6, "\(rule)")
            }
            #expect(!kept.isEmpty)
        }
    }

    @Test("Nor do statistics that are no numbers, whatever the parameters beside them", arguments: rules)
    func statisticsThatAreNoNumbers(rule: RobustRule) {
        let models = [[1.0, 2], [1.1, 2.1], [1.2, 1.9], [1.05, 2]].map { Self.vector($0, batches: 3) }
        let bases = models.map { _ in Self.vector([0.5, 1.5], batches: 3) }
        for value in [Float.nan, .infinity] {
            for place in models.indices {
                var spoilt = models
                spoilt[place].statistics = [value]
                let (model, kept) = rule.combine(spoilt, bases: bases, weights: [1, 1, 1, 1])
                let areNumbers = model.parameters.allSatisfy(\.isFinite)
                #expect(areNumbers)
                // Whoever keeps all keeps this one.
                if kept.count == 4, case .krum = rule { continue }
                let isKept = model.statistics.allSatisfy(\.isFinite)
                #expect(isKept, "\(rule) \(value) at \(place)")
            }
        }
    }

    @Test("A model that is no number changes nothing of the others'", arguments: rules)
    func notANumber(rule: RobustRule) {
        for bad in [Double.nan, .infinity, -.infinity] {
            let models = [[1.0, 2], [1.1, 2.1], [0.9, 1.9], [bad, bad]]
            let (model, kept) = Self.combine(rule, models, base: [0.5, 1.5])
            if rule == .krum(attackers: 1, keep: 9) {
                // Whoever keeps all keeps this one.
                #expect(kept == [0, 1, 2, 3])
            } else {
                let isNear = model.parameters.allSatisfy { (0.5...2.5).contains($0) }
                #expect(isNear, "\(rule): \(model.parameters)")
            }
        }
    }

    @Test("Statistics and counts are combined as well; trimming never leaves nothing")
    func rest() {
        let models = [[0.0], [1], [2], [9]]
        let (model, _) = Self.combine(.median, models, base: [0])
        #expect(model.parameters == [1.5] && model.statistics == [1.5] && model.counts == [1])
        #expect(Self.combine(.trimmedMean(trim: 50), models, base: [0]).model.parameters == [1.5])
        #expect(Self.combine(.trimmedMean(trim: 0), models, base: [0]).model.parameters == [3])
        #expect(Self.combine(.trimmedMean(trim: 1), [[0.0], [1], [8]], base: [0]).model.parameters == [1])
    }
}
