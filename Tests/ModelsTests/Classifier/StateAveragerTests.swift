import Core
import Foundation
import Models
import Testing

@Suite struct StateAveragerTests {
    private func state(_ weights: [Float], count: Int64, as type: ElementType? = nil) -> [UInt8] {
        Safetensors.encode(
            [("weight", Tensor(weights)), ("batches", Tensor(indices: [count], shape: []))], as: type)
    }

    @Test("the weighted mean is Σ wᵢxᵢ / Σ wᵢ, and counts are rounded", arguments: [
        nil, ElementType.float64, .float16,
    ])
    func closedForm(_ type: ElementType?) throws {
        var averager = StateAverager()
        try averager.add(state([1, -2], count: 1, as: type), weight: 1)
        try averager.add(state([3, 6], count: 2, as: type), weight: 3)
        #expect(averager.count == 2)
        let mean = try SafetensorsFile(bytes: averager.encodedMean())
        // (1 + 9) / 4, (−2 + 18) / 4, round(7 / 4)
        #expect(try mean.tensor(named: "weight").floats == [2.5, 4])
        #expect(try mean.tensor(named: "batches").integers == [2])
        #expect(mean.elementType(of: "weight") == type ?? .float32)
    }

    @Test("the mean of equal states is that state, and the order of names is kept")
    func identity() throws {
        let state = Classifier(ResNetArchitecture(depth: .eighteen, classes: 3), seed: 1).encodedState()
        var averager = StateAverager()
        for _ in 0..<3 { try averager.add(state, weight: 7) }
        #expect(averager.encodedMean() == state)
    }

    @Test("random states agree with a mean in float64", arguments: 1...5 as ClosedRange<UInt64>)
    func property(_ seed: UInt64) throws {
        var generator = RandomStream(seed: seed)
        var averager = StateAverager()
        var sums = [Double](repeating: 0, count: 100), total = 0.0
        for _ in 0..<2 + generator.index(below: 20) {
            let values = (0..<100).map { _ in Float(generator.normal()) }
            let weight = generator.uniform() + 0.01
            try averager.add(state(values, count: 0), weight: weight)
            for index in values.indices { sums[index] += weight * Double(values[index]) }
            total += weight
        }
        let mean = try SafetensorsFile(bytes: averager.encodedMean()).tensor(named: "weight")
        #expect(agree(mean.floats, sums.map { $0 / total }, within: 1e-7))
    }

    @Test("states that are added together give the bits that they give one by one", arguments: [
        1, 8191, 8192, 8193, 20_000,
    ])
    func together(_ elements: Int) throws {
        var generator = RandomStream(seed: UInt64(elements))
        let states = (0..<7).map { number in
            state((0..<elements).map { _ in Float(generator.normal()) }, count: Int64(number))
        }
        let weights = states.map { _ in generator.uniform() + 0.01 }
        var single = StateAverager(), grouped = StateAverager()
        for (state, weight) in zip(states, weights) { try single.add(state, weight: weight) }
        let terms = try zip(states, weights).map {
            try StateAverager.Term(SafetensorsFile(bytes: $0), weight: $1, statistics: $1)
        }
        try grouped.add([])
        try grouped.add(Array(terms[..<3]))
        try grouped.add(Array(terms[3...]))
        #expect(grouped.count == 7)
        #expect(grouped.encodedMean() == single.encodedMean())
    }

    @Test("of states added together, one of another shape is refused, and none is added")
    func togetherRefused() throws {
        func term(_ values: [Float]) throws -> StateAverager.Term {
            try .init(SafetensorsFile(bytes: state(values, count: 1)), weight: 1, statistics: 1)
        }
        var averager = StateAverager()
        for first in [[], [try term([1, 2])]] {
            try averager.add(first)
            #expect(throws: SafetensorsError.self) { try averager.add([term([1, 2]), term([1, 2, 3])]) }
            #expect(averager.count == first.count)
        }
        try averager.add([term([3, 4])])
        let mean = try SafetensorsFile(bytes: averager.encodedMean()).tensor(named: "weight")
        #expect(mean.floats == [2, 3])
    }

    @Test("parameters may be subtracted; batch norm's statistics are averaged with weights of their own")
    func signed() throws {
        func state(_ weight: Float, _ variance: Float, _ count: Int64) -> [UInt8] {
            Safetensors.encode([
                ("fc.weight", Tensor([weight])), ("bn.running_var", Tensor([variance])),
                ("bn.num_batches_tracked", Tensor(indices: [count], shape: [])),
            ])
        }
        var averager = StateAverager()
        try averager.add(state(10, 50, 50), weight: 1, statistics: 0)
        try averager.add(state(6, 3, 4), weight: 0.5, statistics: 0.25)
        try averager.add(state(2, 60, 60), weight: -0.5, statistics: 0)
        try averager.add(state(1, 7, 8), weight: 0, statistics: 0.75)
        let sum = try SafetensorsFile(bytes: averager.encodedMean())
        // 10 + (6 - 2) / 2; (3 + 3 · 7) / 4, (4 + 3 · 8) / 4.
        #expect(try sum.tensor(named: "fc.weight").floats == [12])
        #expect(try sum.tensor(named: "bn.running_var").floats == [6])
        #expect(try sum.tensor(named: "bn.num_batches_tracked").integers == [7])
    }

    @Test("a state unlike the first is refused with its difference")
    func mismatches() throws {
        var averager = StateAverager()
        try averager.add(state([1, 2], count: 0), weight: 1, name: "a")
        let one = Tensor(indices: [1], shape: [])
        let table: [([UInt8], String)] = [
            (state([1, 2, 3], count: 0), "b: tensor weight has shape [3]; the model expects [2]"),
            (state([1, 2], count: 0, as: .float16),
                "b: tensor weight has element type F16; the states before it have F32"),
            (Safetensors.encode([("weight", Tensor([1, 2]))]), "b: has no tensor batches"),
            (Safetensors.encode([("weight", Tensor([1, 2])), ("batches", one), ("z", one)]),
                "b: tensor z is not part of the model"),
            ([], "b: has 0 bytes; its header alone needs 8"),
        ]
        for (bytes, sentence) in table {
            let error = #expect(throws: SafetensorsError.self) {
                try averager.add(bytes, weight: 1, name: "b")
            }
            #expect(error?.description == sentence)
        }
        #expect(averager.count == 1)
    }
}
