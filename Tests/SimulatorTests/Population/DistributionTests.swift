import Core
import Foundation
import Simulator
import TestSupport
import Testing

@Suite("Distributions")
struct DistributionTests {
    private func draws(_ distribution: Distribution, count: Int = 100_000) -> [Double] {
        var stream = RandomStream(seed: 11, purpose: "distribution")
        return (0..<count).map { _ in distribution.sample(using: &stream) }
    }

    @Test("a constant is itself and consumes no randomness")
    func constant() {
        var stream = RandomStream(seed: 1, purpose: "constant")
        let before = stream
        #expect(Distribution.constant(2.5).sample(using: &stream) == 2.5)
        #expect(stream == before)
        #expect(Distribution.constant(2.5).mean == 2.5)
    }

    @Test("uniform: within its bounds, mean (a + b) / 2, variance (b − a)² / 12")
    func uniform() {
        let values = draws(.uniform(from: 2, to: 6))
        #expect(values.allSatisfy { (2..<6).contains($0) })
        #expect(abs(mean(values) - 4) < 0.02)
        #expect(abs(variance(values) - 16.0 / 12) < 0.03)
    }

    @Test("lognormal: half below the median, the logarithm has deviation sigma, mean m exp(σ²/2)")
    func lognormal() {
        let distribution = Distribution.lognormal(median: 20e6, sigma: 0.8)
        let values = draws(distribution)
        let below = Double(values.count { $0 < 20e6 }) / Double(values.count)
        #expect(abs(below - 0.5) < 0.01)
        #expect(abs(variance(values.map { log($0) }) - 0.64) < 0.015)
        #expect(relativeError(mean(values), distribution.mean) < 0.02)
        #expect(draws(.lognormal(median: 3, sigma: 0), count: 10).allSatisfy { $0 == 3 })
    }

    @Test("exponential: mean µ, variance µ², P(X > µ) = 1/e")
    func exponential() {
        let values = draws(.exponential(mean: 3))
        #expect(values.allSatisfy { $0 >= 0 && $0.isFinite })
        #expect(abs(mean(values) - 3) < 0.05)
        #expect(relativeError(variance(values), 9) < 0.04)
        #expect(abs(Double(values.count { $0 > 3 }) / 1e5 - exp(-1)) < 0.008)
    }

    @Test("Pareto: from the minimum on, P(X > 2 m) = 2^−a, mean a m / (a − 1)")
    func pareto() {
        let distribution = Distribution.pareto(minimum: 5, shape: 3)
        let values = draws(distribution)
        #expect(values.allSatisfy { $0 >= 5 })
        #expect(abs(Double(values.count { $0 > 10 }) / 1e5 - 0.125) < 0.005)
        #expect(relativeError(mean(values), 7.5) < 0.02)
        #expect(distribution.mean == 7.5)
        #expect(Distribution.pareto(minimum: 5, shape: 1).mean == .infinity)
        // A tail that is infinite as a number: latencies may start at zero, and stay there.
        let flat = Distribution.pareto(minimum: 0, shape: 0.001)
        var stream = RandomStream(seed: 1, purpose: "pareto")
        #expect((0..<100).allSatisfy { _ in flat.sample(using: &stream) == 0 } && flat.mean == 0)
    }

    @Test("choice: each value as often as its weight says, weight 0 never")
    func choice() {
        let distribution = Distribution.choice(values: [1, 2, 3, 4], weights: [1, 0, 3, 0])
        let values = draws(distribution)
        #expect(!values.contains(2) && !values.contains(4))
        #expect(abs(Double(values.count { $0 == 1 }) / 1e5 - 0.25) < 0.007)
        #expect(distribution.mean == 2.5)
    }

    @Test(
        "valid distributions pass",
        arguments: [
            Distribution.constant(1), .uniform(from: 1, to: 1), .uniform(from: 1, to: 2),
            .lognormal(median: 1, sigma: 0), .exponential(mean: 0.1), .pareto(minimum: 1, shape: 0.5),
            .choice(values: [1], weights: [1]), .choice(values: [1, 2], weights: [0, 1]),
        ])
    func valid(distribution: Distribution) throws {
        try distribution.validate(field: "uplink")
    }

    @Test(
        "invalid ones are errors that name field, value and what is allowed",
        arguments: [
            (Distribution.constant(0), "uplink: 0.0 is not allowed, must be finite and greater than 0"),
            (.constant(-1), "uplink: -1.0 is not allowed, must be finite and greater than 0"),
            (.constant(.nan), "uplink: nan is not allowed, must be finite and greater than 0"),
            (.constant(.infinity), "uplink: inf is not allowed, must be finite and greater than 0"),
            (
                .uniform(from: 0, to: 1),
                "uplink.uniform.from: 0.0 is not allowed, must be finite and greater than 0"
            ),
            (
                .uniform(from: 2, to: 1),
                "uplink.uniform.to: 1.0 is not allowed, must be finite and at least 2.0"
            ),
            (
                .uniform(from: 2, to: .infinity),
                "uplink.uniform.to: inf is not allowed, must be finite and at least 2.0"
            ),
            (
                .lognormal(median: 0, sigma: 1),
                "uplink.lognormal.median: 0.0 is not allowed, must be finite and greater than 0"
            ),
            (
                .lognormal(median: 1, sigma: -1),
                "uplink.lognormal.sigma: -1.0 is not allowed, must be finite and 0 or more"
            ),
            (
                .exponential(mean: 0),
                "uplink.exponential.mean: 0.0 is not allowed, must be finite and greater than 0"
            ),
            (
                .pareto(minimum: -1, shape: 1),
                "uplink.pareto.minimum: -1.0 is not allowed, must be finite and greater than 0"
            ),
            (
                .pareto(minimum: 1, shape: 0),
                "uplink.pareto.shape: 0.0 is not allowed, must be finite and greater than 0"
            ),
            (
                .choice(values: [], weights: []),
                "uplink.choice.values count: 0.0 is not allowed, must be 1 or more"
            ),
            (
                .choice(values: [1, 2], weights: [1]),
                "uplink.choice.weights count: 1.0 is not allowed, must be one for each of 2 values"
            ),
            (
                .choice(values: [1, -2], weights: [1, 1]),
                "uplink.choice.values[1]: -2.0 is not allowed, must be finite and greater than 0"
            ),
            (
                .choice(values: [1, 2], weights: [1, -1]),
                "uplink.choice.weights[1]: -1.0 is not allowed, must be finite and 0 or more"
            ),
            (
                .choice(values: [1, 2], weights: [0, 0]),
                "uplink.choice.weights sum: 0.0 is not allowed, must be greater than 0"
            ),
        ])
    func invalid(distribution: Distribution, sentence: String) throws {
        let error = try #require(throws: SimulatorError.self) { try distribution.validate(field: "uplink") }
        #expect("\(error)" == sentence)
    }
}

@Suite("Devices and stragglers")
struct ClientDeviceTests {
    @Test("time of work is FLOPs × slowdown ÷ speed, rounded up")
    func computeTime() {
        let device = ClientDevice(flopsPerSecond: 0.5e12)
        #expect(device.computeTime(flops: 1e12) == .seconds(2))
        #expect(ClientDevice(flopsPerSecond: 0.5e12, slowdown: 5).computeTime(flops: 1e12) == .seconds(10))
        #expect(device.computeTime(flops: 0) == .zero)
        #expect(device.computeTime(flops: 1) == .nanoseconds(1))
    }

    @Test(
        "exactly round(fraction × clients) are slow",
        arguments: [
            (0.2, 5, 1), (0.2, 100, 20), (0.0, 10, 0), (1.0, 10, 10), (0.1, 5, 1), (0.09, 5, 0), (0.5, 3, 2),
        ])
    func stragglerCount(fraction: Double, clients: Int, slow: Int) throws {
        let rule = try Stragglers(fraction: fraction, slowdown: 5)
        for seed in UInt64(0)..<20 {
            var stream = RandomStream(seed: seed, purpose: "stragglers")
            let slowdowns = rule.slowdowns(clients: clients, using: &stream)
            #expect(slowdowns.count == clients)
            #expect(slowdowns.count { $0 == 5 } == slow)
            #expect(slowdowns.count { $0 == 1 } == clients - slow)
        }
    }

    @Test("every client is a straggler equally often")
    func stragglersAreUniform() throws {
        let rule = try Stragglers(fraction: 0.2, slowdown: 2)
        var histogram = [Int](repeating: 0, count: 10)
        for seed in UInt64(0)..<5_000 {
            var stream = RandomStream(seed: seed, purpose: "stragglers")
            for (client, slowdown) in rule.slowdowns(clients: 10, using: &stream).enumerated()
            where slowdown == 2 { histogram[client] += 1 }
        }
        for occurrences in histogram { #expect(abs(occurrences - 1000) < 150) }
    }

    @Test(
        "a fraction outside 0 to 1 and a slowdown below 1 are errors",
        arguments: [
            (-0.1, 2.0, "stragglers.fraction: -0.1 is not allowed, must be 0 to 1"),
            (1.1, 2.0, "stragglers.fraction: 1.1 is not allowed, must be 0 to 1"),
            (.nan, 2.0, "stragglers.fraction: nan is not allowed, must be 0 to 1"),
            (0.2, 0.5, "stragglers.slowdown: 0.5 is not allowed, must be finite and 1 or more"),
            (0.2, .infinity, "stragglers.slowdown: inf is not allowed, must be finite and 1 or more"),
            (0.2, .nan, "stragglers.slowdown: nan is not allowed, must be finite and 1 or more"),
        ])
    func invalidRules(fraction: Double, slowdown: Double, sentence: String) throws {
        let error = try #require(throws: SimulatorError.self) {
            try Stragglers(fraction: fraction, slowdown: slowdown)
        }
        #expect("\(error)" == sentence)
    }

    @Test("a device without speed traps")
    func misuse() async {
        await #expect(processExitsWith: trap) { print(ClientDevice(flopsPerSecond: 0)) }
        await #expect(processExitsWith: trap) { print(ClientDevice(flopsPerSecond: 1, slowdown: .nan)) }
    }
}
