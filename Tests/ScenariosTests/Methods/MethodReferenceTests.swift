import Models
import Scenarios
import Testing

/// The rules of the weight-based methods, on this project's own gradients, against float64 references: two
/// clients with 4 and 10 steps, batch norm and a linear layer, momentum 0.9, three rounds, to 1e-5.
@Suite("Methods against references")
struct MethodReferenceTests {
    private let reference = MethodReference.shared

    private func local(
        _ state: [UInt8], client: Int, momentum: Double? = nil, correction: GradientCorrection? = nil
    ) throws -> [UInt8] {
        try ReferenceModel(state).train(
            reference, client: client, momentum: momentum, correction: correction)
    }

    private func mean(_ states: [[UInt8]], _ shares: [Double]) throws -> [UInt8] {
        var averager = StateAverager()
        for (state, share) in zip(states, shares) { try averager.add(state, weight: share) }
        return averager.encodedMean()
    }

    /// Plays three rounds and compares each with the reference of a method.
    private func play(_ method: String, _ round: ([UInt8]) throws -> [UInt8]) throws {
        var state = ReferenceModel.initial(reference)
        let expected = try #require(reference.rounds[method])
        #expect(expected.count == 3)
        for number in 0..<3 {
            state = try round(state)
            try expectReference(state, expected[number])
        }
    }

    @Test("FedAvg and FedProx: means of local models, with and without the proximal term")
    func plainAverages() throws {
        for (method, correction) in [
            ("fedavg", nil), ("fedprox", GradientCorrection.proximal(mu: reference.mu)),
        ] {
            try play(method) { state in
                try mean(
                    (0...1).map { try local(state, client: $0, correction: correction) }, reference.shares)
            }
        }
    }

    @Test("FedAvgM, FedAdagrad, FedAdam, FedYogi: the server's step by the mean change")
    func serverRules() throws {
        func adaptive(_ kind: AdaptiveRule.Kind) -> AdaptiveRule {
            AdaptiveRule(
                kind, rate: reference.serverRate, beta1: reference.beta1, beta2: reference.beta2,
                tau: reference.tau)
        }
        let rules: [(String, any ServerRule)] = [
            ("fedavgm", MomentumRule(rate: reference.serverRate, momentum: reference.serverMomentum)),
            ("fedadagrad", adaptive(.adagrad)), ("fedadam", adaptive(.adam)), ("fedyogi", adaptive(.yogi)),
        ]
        for (method, rule) in rules {
            var memory: [[Float]] = []
            try play(method) { state in
                let global = try ModelVector(decoding: state)
                var next = try ModelVector(
                    decoding: mean((0...1).map { try local(state, client: $0) }, reference.shares))
                let change = Vectors.difference(next.parameters, global.parameters)
                if memory.isEmpty {
                    memory = rule.initialMemory.map { Array(repeating: $0, count: change.count) }
                }
                next.parameters = global.parameters
                rule.step(&next.parameters, change: change, memory: &memory)
                return next.encoded()
            }
        }
    }

    @Test("FedNova: changes divided by the reach of their steps")
    func fedNova() throws {
        let reaches = (0...1).map { client in
            LocalSteps.reach(steps: reference.steps(of: client), momentum: reference.momentum) { _ in
                reference.rate
            }
        }
        let weights = FedNova.weights(shares: reference.shares, reaches: reaches)
        try play("fednova") { state in
            var averager = StateAverager()
            try averager.add(state, weight: 1 - weights[0] - weights[1], statistics: 0)
            for client in 0...1 {
                try averager.add(
                    local(state, client: client), weight: weights[client],
                    statistics: reference.shares[client])
            }
            return averager.encodedMean()
        }
    }

    @Test("SCAFFOLD: corrected gradients, the changes of the control variates, and both means at the server")
    func scaffold() throws {
        var own: [[Float]?] = [nil, nil], control: [Float]?
        var number = 0
        try play("scaffold") { state in
            let start = try ModelVector(decoding: state)
            var changes: [[Float]] = [], locals: [[UInt8]] = []
            for client in 0...1 {
                let zero = [Float](repeating: 0, count: start.parameters.count)
                let correction = Vectors.difference(control ?? zero, own[client] ?? zero)
                let end = try local(state, client: client, momentum: 0, correction: .offset(correction))
                let reach = LocalSteps.reach(steps: reference.steps(of: client), momentum: 0) { _ in
                    reference.rate
                }
                let change = ControlVariate.change(
                    start: start.parameters, end: try ModelVector(decoding: end).parameters, server: control,
                    reach: reach)
                var next = own[client] ?? zero
                Vectors.add(change, to: &next)
                own[client] = next
                changes.append(change)
                locals.append(end)
            }
            control = ControlVariate.next(control, changes: changes, clients: 2)
            let expected = reference.rounds["scaffold"]![number]
            number += 1
            try expectReference(
                ModelVector(
                    layout: start.layout.filter { $0.part == .parameters }, parameters: control!
                ).encoded(), expected, prefix: "control.")
            var averager = StateAverager()
            try averager.add(state, weight: 1 - reference.serverRate, statistics: 0)
            for local in locals {
                try averager.add(local, weight: reference.serverRate / 2, statistics: 0.5)
            }
            return averager.encodedMean()
        }
    }

    @Test("FedBN: what has running means stays with its client, the rest is averaged")
    func fedBN() throws {
        let initial = ReferenceModel.initial(reference)
        var shared = try FedBN.shared(initial), own = [initial, initial]
        #expect(try SafetensorsFile(bytes: shared).names == ["fc.weight", "fc.bias"])
        for expected in try #require(reference.rounds["fedbn"]) {
            for client in 0...1 {
                own[client] = try local(merged(shared, over: own[client]), client: client)
                let file = try SafetensorsFile(bytes: own[client])
                let kept = try StateScope.localNames(in: file.declarations).sorted()
                    .map { (name: $0, tensor: try file.tensor(named: $0)) }
                #expect(kept.count == 5)
                try expectReference(Safetensors.encode(kept), expected, prefix: "client\(client).")
            }
            shared = try mean(own.map(FedBN.shared), reference.shares)
            try expectReference(shared, expected)
        }
    }

    /// A client's state with the shared tensors over it.
    private func merged(_ shared: [UInt8], over own: [UInt8]) throws -> [UInt8] {
        let shared = try SafetensorsFile(bytes: shared), own = try SafetensorsFile(bytes: own)
        return Safetensors.encode(
            try own.names.map { ($0, try (shared.contains($0) ? shared : own).tensor(named: $0)) })
    }
}

/// Closed forms of the rules.
@Suite("Rules of weight-based methods")
struct MethodRuleTests {
    @Test("A client's reach: K · rate without momentum; rate (K - m (1 - mᴷ) / (1 - m)) / (1 - m) with it")
    func reach() {
        for steps in [0, 1, 2, 7, 40] {
            #expect(
                abs(LocalSteps.reach(steps: steps, momentum: 0) { _ in 0.1 } - 0.1 * Double(steps)) < 1e-12)
            let m = 0.9, k = Double(steps)
            var power = 1.0
            for _ in 0..<steps { power *= m }
            let closed = 0.1 * (k - m * (1 - power) / (1 - m)) / (1 - m)
            #expect(abs(LocalSteps.reach(steps: steps, momentum: m) { _ in 0.1 } - closed) < 1e-9)
        }
        // Rates that change: 1 · 1 + 2 · (1 + m).
        #expect(LocalSteps.reach(steps: 2, momentum: 0.5) { Double($0 + 1) } == 4)
    }

    @Test("FedNova with equal steps is FedAvg; a client without a step counts nothing")
    func novaWeights() {
        #expect(FedNova.weights(shares: [0.25, 0.75], reaches: [3, 3]) == [0.25, 0.75])
        // Mean reach 0.5 · 2 + 0.5 · 6 = 4; 0.5 · 4 / 2 and 0.5 · 4 / 6.
        let weights = FedNova.weights(shares: [0.5, 0.5], reaches: [2, 6])
        #expect(weights[0] == 1 && abs(weights[1] - 1 / 3.0) < 1e-15)
        #expect(FedNova.weights(shares: [0.5, 0.5], reaches: [0, 6])[0] == 0)
    }

    @Test("SCAFFOLD's control variates add up: the server's is the mean of the clients', all taking part")
    func controlSum() {
        var own: [[Float]] = [[0, 0], [0, 0], [0, 0]], server: [Float]?
        for round in 1...4 {
            var changes: [[Float]] = []
            for client in 0..<3 {
                let start: [Float] = [Float(round), 2], end: [Float] = [Float(client), Float(round * client)]
                let change = ControlVariate.change(start: start, end: end, server: server, reach: 0.5)
                Vectors.add(change, to: &own[client])
                changes.append(change)
            }
            server = ControlVariate.next(server, changes: changes, clients: 3)
            for index in 0...1 {
                let mean = (own[0][index] + own[1][index] + own[2][index]) / 3
                #expect(abs(server![index] - mean) < 1e-5)
            }
        }
        #expect(ControlVariate.change(start: [1], end: [3], server: [2], reach: 0) == [0])
    }

    @Test(
        "Server rules: rate 1 without momentum is FedAvg; the first adaptive step is η (1 - β₁) Δ / (√v + τ)")
    func serverSteps() {
        var weights: [Float] = [1, -2], memory: [[Float]] = [[0, 0]]
        MomentumRule(rate: 1, momentum: 0).step(&weights, change: [0.5, 0.25], memory: &memory)
        #expect(weights == [1.5, -1.75])
        // v = τ² + Δ² = 9 + 16 of Adagrad: 10 · 0.1 · 4 / (5 + 3).
        var other: [Float] = [0]
        var state: [[Float]] = [[0], [9]]
        AdaptiveRule(.adagrad, rate: 10, beta1: 0.9, beta2: 0.99, tau: 3)
            .step(&other, change: [4], memory: &state)
        #expect(abs(other[0] - 0.5) < 1e-6 && state[1] == [25])
        // Yogi: v < Δ², so that v + (1 - β₂) Δ².
        state = [[0], [9]]
        AdaptiveRule(.yogi, rate: 1, beta1: 0.9, beta2: 0.75, tau: 3).step(
            &other, change: [4], memory: &state)
        #expect(state[1] == [13])
    }

    @Test("What FedBN keeps of a ResNet-18: all of batch norm's 100 tensors and nothing else")
    func batchNormNames() {
        let layout = LayeredNetwork(ResNetArchitecture(depth: .eighteen, classes: 10)).store.declarations
        let names = StateScope.localNames(in: layout)
        #expect(names.count == 100 && layout.count == 122)
        #expect(
            names.contains("layer2.0.downsample.1.weight") && !names.contains("layer2.0.downsample.0.weight"))
        #expect(names.allSatisfy { $0.contains("bn") || $0.contains("downsample.1") })
    }
}
