import Core
import Foundation
import Testing

@Suite("Gamma and Dirichlet draws")
struct GammaDrawTests {
    @Test("mean and variance of the gamma distribution are its shape", arguments: [0.1, 0.5, 1, 2.5, 30])
    func gammaMoments(shape: Double) {
        var generator = RandomStream(seed: 21)
        let count = 40_000
        let draws = (0..<count).map { _ in exp(generator.logGamma(shape: shape)) }
        let mean = draws.reduce(0, +) / Double(count)
        let variance = draws.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
        // Five standard errors: of the mean sqrt(a / n), of the variance a sqrt((2 + 6 / a) / n).
        #expect(abs(mean - shape) < 5 * (shape / Double(count)).squareRoot())
        #expect(abs(variance - shape) < 5 * shape * ((2 + 6 / shape) / Double(count)).squareRoot())
    }

    @Test(
        "the logarithm of a gamma draw has the mean ψ(a), about -1/a for a small shape a",
        arguments: [0.01, 0.001])
    func logGammaMean(shape: Double) {
        var generator = RandomStream(seed: 22)
        let count = 20_000
        let mean =
            (0..<count).map { _ in generator.logGamma(shape: shape) }
            .reduce(0, +) / Double(count)
        // ψ(a) = -1/a - 0.5772 + O(a); its deviation is sqrt(ψ'(a)) ≈ 1/a.
        #expect(abs(mean - (-1 / shape - 0.5772)) < 5 / shape / Double(count).squareRoot())
    }

    @Test("Dirichlet parts have mean 1/K and variance (1/K)(1 - 1/K)/(Kβ + 1)", arguments: [0.01, 0.5, 5])
    func dirichletMoments(beta: Double) {
        var generator = RandomStream(seed: 23)
        let (count, parts) = (20_000, 5)
        var sums = [Double](repeating: 0, count: parts)
        var squares = 0.0
        for _ in 0..<count {
            let draw = generator.dirichlet(concentration: beta, count: parts)
            #expect(abs(draw.reduce(0, +) - 1) < 1e-12)
            for part in 0..<parts { sums[part] += draw[part] }
            squares += (draw[0] - 0.2) * (draw[0] - 0.2)
        }
        let variance = 0.2 * 0.8 / (Double(parts) * beta + 1)
        for sum in sums {
            #expect(abs(sum / Double(count) - 0.2) < 5 * (variance / Double(count)).squareRoot())
        }
        #expect(abs(squares / Double(count) - variance) < 0.05 * variance)
    }
}
