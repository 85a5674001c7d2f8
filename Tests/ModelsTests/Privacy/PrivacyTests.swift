import Foundation
import Models
import Testing

@Suite struct RenyiAccountantTests {
    private func epsilon(
        _ noise: Double, rate: Double, rounds: Int, delta: Double = 1e-5,
        _ conversion: RenyiAccountant.Conversion
    ) -> Double {
        var accountant = RenyiAccountant()
        accountant.add(noise: noise, rate: rate, rounds: rounds)
        return accountant.epsilon(delta: delta, conversion)
    }

    @Test("TensorFlow Privacy's tutorial: ε of MNIST at δ = 1e-5, batches of 256 of 60,000")
    func tutorial() {
        // https://github.com/tensorflow/privacy/blob/master/tutorials/README.md: "Expected Output" and the
        // table.
        for (noise, epochs, published) in [
            (1.12, 1, 1.00), (1.12, 2, 1.04), (1.12, 60, 2.92), (1.2, 10, 1.20),
        ] {
            let found = epsilon(noise, rate: 256 / 60_000, rounds: epochs * 60_000 / 256, .classic)
            #expect(abs(found - published) <= 0.005, "noise \(noise), \(epochs) epochs: \(found)")
        }
    }

    @Test("Opacus's own example: (1e-5, 1.0, 10) and (1e-4, 3.0, 4) are ε = 0.336")
    func opacusExample() {
        // https://github.com/pytorch/opacus/blob/main/opacus/accountants/analysis/rdp.py, whose orders end at
        // 32.
        var accountant = RenyiAccountant()
        accountant.add(noise: 1, rate: 1e-5, rounds: 10)
        accountant.add(noise: 3, rate: 1e-4, rounds: 4)
        #expect(abs(accountant.epsilon(delta: 1e-5) - 0.336) <= 0.0005)
    }

    @Test("What Opacus 1.6.0's get_privacy_spent gives, to 1e-6, whole and fractional orders")
    func opacus() {
        let table: [(noise: Double, rate: Double, rounds: Int, delta: Double, epsilon: Double)] = [
            (1.12, 256 / 60_000, 14_062, 1e-5, 2.5185897819186374),
            (0.6, 256 / 60_000, 7031, 1e-5, 8.769489106868171),
            (0.7, 256 / 60_000, 10_546, 1e-5, 6.318100586877763),
            (1.0, 0.1, 100, 1e-5, 7.899255002434629),
            (1.0, 1.0, 1, 1e-5, 4.728507067217623),
            (2.0, 1.0, 20, 1e-5, 12.301691480042896),
            (0.8, 0.2, 20, 1e-3, 7.917669920938621),
        ]
        for row in table {
            let found = epsilon(row.noise, rate: row.rate, rounds: row.rounds, delta: row.delta, .improved)
            #expect(abs(found - row.epsilon) <= 1e-6 * row.epsilon, "\(row): \(found)")
            #expect(
                found < epsilon(row.noise, rate: row.rate, rounds: row.rounds, delta: row.delta, .classic))
        }
    }

    @Test("What dp-accounting 0.6.0's RdpAccountant gives, to 1e-6, where much noise asks for large orders")
    func dpAccounting() {
        // Poisson sampling of a Gaussian mechanism, add or remove one. At fractional orders, which none of
        // these has as its best, 0.6.0 adds up terms without their signs and gives up to 0.3 % more.
        let table: [(noise: Double, rate: Double, rounds: Int, delta: Double, epsilon: Double)] = [
            (20, 0.01, 5, 1e-5, 0.00415902291224093), (100, 1, 3, 1e-5, 0.057889034092552555),
            (1000, 1, 1, 1e-5, 0.0040134096770715055), (3, 1e-4, 4, 1e-5, 0.04460511756071056),
            (10, 0.3, 2, 1e-9, 0.2784265916719729), (4, 1, 1, 1e-5, 1.0125506277526433),
            (3.3, 0.5, 3, 1e-6, 1.4694845067893407), (2, 1, 20, 1e-5, 12.301691480042894),
        ]
        for row in table {
            let found = epsilon(row.noise, rate: row.rate, rounds: row.rounds, delta: row.delta, .improved)
            #expect(abs(found - row.epsilon) <= 1e-6 * row.epsilon, "\(row): \(found)")
        }
        // The orders of earlier runs can tell no ε below ln(62/63) - (ln δ + ln 63)/62.
        var narrow = RenyiAccountant(.narrow)
        narrow.add(noise: 1e6, rate: 1)
        let floor = log(62.0 / 63) - (log(1e-5) + log(63)) / 62
        #expect(abs(narrow.epsilon(delta: 1e-5) - floor) < 1e-6)
        #expect(RenyiAccountant.noise(epsilon: 0.05, delta: 1e-5, rounds: 3, .narrow) == nil)
        let noise = RenyiAccountant.noise(epsilon: 0.05, delta: 1e-5, rounds: 3) ?? .nan
        #expect(abs(RenyiAccountant.epsilon(noise: noise, delta: 1e-5, rounds: 3) - 0.05) < 1e-9)
    }

    @Test(
        "Everybody, once: the least over orders of α / 2z² and the conversion; nothing spent is 0, no noise ∞"
    )
    func closedForms() {
        for noise in [0.7, 1, 4, 10] {
            // The classic conversion's minimum over all real orders: 1 / 2z² + √(2 ln(1/δ)) / z.
            let least = 1 / (2 * noise * noise) + (2 * log(1e5)).squareRoot() / noise
            let found = epsilon(noise, rate: 1, rounds: 1, .classic)
            #expect(found >= least - 1e-9 && found <= 1.01 * least, "noise \(noise): \(found), \(least)")
        }
        #expect(RenyiAccountant().epsilon(delta: 1e-5) == 0)
        #expect(epsilon(0, rate: 1, rounds: 1, .improved) == .infinity)
        #expect(epsilon(1, rate: 0, rounds: 9, .improved) == 0)
    }

    @Test("More rounds, more of the clients, less noise or a smaller delta: more is spent")
    func monotone() {
        let base = epsilon(1, rate: 0.1, rounds: 10, .improved)
        #expect(epsilon(1, rate: 0.1, rounds: 11, .improved) > base)
        #expect(epsilon(1, rate: 0.2, rounds: 10, .improved) > base)
        #expect(epsilon(0.9, rate: 0.1, rounds: 10, .improved) > base)
        #expect(epsilon(1, rate: 0.1, rounds: 10, delta: 1e-6, .improved) > base)
    }
}

@Suite struct GaussianMechanismTests {
    private func model(_ parameters: [Float], _ statistics: [Float], count: Int64 = 3) -> ModelVector {
        ModelVector(
            layout: [
                .init(name: "bn.num_batches_tracked", shape: [], type: .int64),
                .init(name: "w", shape: [parameters.count], type: .float32),
                .init(name: "bn.running_mean", shape: [1], type: .float32),
                .init(name: "bn.running_var", shape: [1], type: .float32),
            ], parameters: parameters, statistics: statistics, counts: [count])
    }

    @Test("A change of norm 13 is cut to 6.5: everything half as far; a shorter one stays as it is")
    func clip() {
        // 3² + 4² + 12² = 13².
        let base = model([1, 1], [0, 1])
        var update = model([4, 5], [12, 1], count: 9)
        #expect(GaussianMechanism.clip(&update, base: base, limit: 6.5) == 13)
        #expect(update.parameters == [2.5, 3] && update.statistics == [6, 1] && update.counts == [3])
        var near = model([4, 5], [12, 1])
        GaussianMechanism.clip(&near, base: base, limit: 13)
        #expect(near.parameters == [4, 5] && near.statistics == [12, 1])
    }

    @Test("Noise has the deviation asked for, is the seed's, and leaves no variance below zero")
    func noise() {
        let count = 40_001
        var noisy = model(Array(repeating: 2, count: count), [0, 1])
        GaussianMechanism.addNoise(to: &noisy, deviation: 0.5, seed: 4)
        let values = noisy.parameters.map { Double($0) - 2 }
        let mean = values.reduce(0, +) / Double(count)
        let variance = values.reduce(0) { $0 + $1 * $1 } / Double(count)
        // Standard errors: 0.5 / √n and 0.25 · √(2 / n).
        let root = Double(count).squareRoot()
        #expect(abs(mean) < 2.5 / root)
        #expect(abs(variance - 0.25) < 1.77 / root)
        // Within one deviation: 0.6827.
        let within = Double(values.count { abs($0) < 0.5 }) / Double(count)
        let error = (0.6827 * 0.3173 / Double(count)).squareRoot()
        #expect(abs(within - 0.6827) < 5 * error)
        var again = model(Array(repeating: 2, count: count), [0, 1])
        GaussianMechanism.addNoise(to: &again, deviation: 0.5, seed: 4)
        #expect(again == noisy)
        for seed in 0..<20 {
            var small = model([0], [0, 1e-3])
            GaussianMechanism.addNoise(to: &small, deviation: 10, seed: UInt64(seed))
            #expect(small.statistics[1] >= 0 && small.statistics[0] != 0)
        }
        var same = model([1], [0, 1])
        GaussianMechanism.addNoise(to: &same, deviation: 0, seed: 1)
        #expect(same.parameters == [1])
    }
}
