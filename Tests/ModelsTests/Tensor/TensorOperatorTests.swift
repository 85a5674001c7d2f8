import Foundation
import Models
import Testing

@Suite struct TensorOperatorTests {
    let x = Tensor([1, -2, 3, -4, 5, -6], shape: [2, 3])

    @Test("element-wise operators follow their formulas")
    func elementwise() {
        let inputs: [Double] = [1, -2, 3, -4, 5, -6]
        let table: [(String, Tensor, (Double) -> Double)] = [
            ("exp", x.exp(), { Foundation.exp($0) }),
            ("log", x.abs().log(), { Foundation.log(Swift.abs($0)) }),
            ("square root", x.abs().sqrt(), { Swift.abs($0).squareRoot() }),
            ("square", x.squared(), { $0 * $0 }),
            ("sine", x.sin(), { Foundation.sin($0) }),
            ("cosine", x.cos(), { Foundation.cos($0) }),
            ("tanh", x.tanh(), { Foundation.tanh($0) }),
            ("sigmoid", x.sigmoid(), { 1 / (1 + Foundation.exp(-$0)) }),
            ("silu", x.silu(), { $0 / (1 + Foundation.exp(-$0)) }),
            ("relu", x.relu(), { max(0, $0) }),
            ("gelu", x.gelu(), { $0 * 0.5 * (1 + erf($0 / 2.0.squareRoot())) }),
            ("clamp", x.clamp(-2.5, 2), { min(2, max(-2.5, $0)) }),
            ("power", x.power(3), { $0 * $0 * $0 }),
            ("minus", -x, { -$0 }),
            ("scalars", (x + 1) * 2 - 3, { ($0 + 1) * 2 - 3 }),
            ("division", x / 4, { $0 / 4 }),
        ]
        for (name, result, formula) in table {
            #expect(agree(result.floats, inputs.map(formula), within: 1e-6), "\(name)")
        }
    }

    @Test("binary operators broadcast over missing and unit axes")
    func broadcasting() {
        let row = Tensor([10, 20, 30])
        #expect((x + row).floats == [11, 18, 33, 6, 25, 24])
        #expect((x - row).floats == [-9, -22, -27, -14, -15, -36])
        #expect((x * Tensor([2, 3], shape: [2, 1])).floats == [2, -4, 6, -12, 15, -18])
        #expect((x / row).shape == [2, 3])
        #expect(x.equals(Tensor([1, 2, 3, -4, -5, -6], shape: [2, 3])).floats == [1, 0, 1, 1, 0, 1])
    }

    @Test("reductions run over the axes that are named, or over all")
    func reductions() {
        #expect(x.sum().item == -3)
        #expect(x.sum([0]).floats == [-3, 3, -3])
        #expect(x.mean([1], keepAxes: true).shape == [2, 1])
        #expect(agree(x.mean([1]).floats, [2.0 / 3, -5.0 / 3]))
        #expect(x.argmax(1).integers == [2, 1])
        #expect(x.max().item == 5 && x.min().item == -6)
    }

    @Test("views and rearrangements keep the elements where they belong")
    func shapes() {
        #expect(x.reshape([3, -1]).shape == [3, 2])
        #expect(x.transpose(0, 1).floats == [1, -4, -2, 5, 3, -6])
        #expect(x.permute([1, 0]).contiguous().floats == [1, -4, -2, 5, 3, -6])
        #expect(x.narrow(1, from: 1, count: 2).floats == [-2, 3, 5, -6])
        #expect(Tensor.concatenate([x, x], axis: 1).shape == [2, 6])
        #expect(x.select(Tensor(indices: [1, 0, 1])).floats == [-4, 5, -6, 1, -2, 3, -4, 5, -6])
        #expect(x.flip(1).floats == [3, -2, 1, -6, 5, -4])
        #expect(x.pad([1, 0], value: 9).floats == [9, 1, -2, 3, 9, -4, 5, -6])
        #expect(Tensor.ones([2, 2]).upperTriangle(diagonal: 1).floats == [0, 1, 0, 0])
        #expect(Tensor([7], shape: [1, 1]).expand([2, 2]).floats == [7, 7, 7, 7])
        #expect(x.chunks(3, axis: 1).map(\.floats) == [[1, -4], [-2, 5], [3, -6]])
        let image = Tensor.arange(0, 24).reshape([1, 2, 3, 4])
        #expect(image.channelsLast().floats == image.floats)
    }

    @Test("products of matrices and linear layers")
    func products() {
        let weight = Tensor([1, 0, 2, 0, 1, -1], shape: [2, 3])
        // [1 −2 3; −4 5 −6] · [1 0 2; 0 1 −1]ᵀ = [7 −5; −16 11].
        #expect(x.linear(weight).floats == [7, -5, -16, 11])
        #expect(x.linear(weight, bias: Tensor([1, 2])).floats == [8, -3, -15, 13])
        #expect(x.matmul(weight.transpose(0, 1)).floats == [7, -5, -16, 11])
        #expect(weight.embedding(Tensor(indices: [1, 1])).floats == [0, 1, -1, 0, 1, -1])
    }

    @Test("convolution, pooling and upsampling of a small image")
    func images() {
        let image = Tensor.arange(1, 10).reshape([1, 1, 3, 3])  // 1 2 3; 4 5 6; 7 8 9
        let kernel = Tensor([1, 0, 0, -1], shape: [1, 1, 2, 2])
        #expect(image.conv2d(kernel, bias: Tensor([10])).floats == [6, 6, 6, 6])
        #expect(image.conv2d(kernel, stride: 2, padding: 1).floats == [-1, -3, -7, -4])
        #expect(image.maxPool2d(kernel: 3, stride: 2, padding: 1).floats == [5, 6, 8, 9])
        #expect(image.globalAveragePool2d().floats == [5])
        #expect(Tensor([1, 2], shape: [1, 1, 1, 2]).upsampleNearest2d().floats == [1, 1, 2, 2, 1, 1, 2, 2])
    }

    @Test("batch norm uses and updates its statistics in training, and only uses them otherwise")
    func batchNorm() {
        let elements: [Double] = [1, 3, 5, 7]
        let input = Tensor(elements.map(Float.init), shape: [2, 1, 1, 2])
        let mean = Tensor.zeros([1]), variance = Tensor.ones([1])
        let (scale, shift) = (Tensor([2]), Tensor([1]))
        let trained = input.batchNorm(
            weight: scale, bias: shift, runningMean: mean, runningVariance: variance, training: true)
        // Mean 4, variance 5 (20/3 without bias, which the running value takes a tenth of).
        let deviation = (5 + 1e-5).squareRoot()
        let normalized = elements.map { 1 + 2 * ($0 - 4) / deviation }
        #expect(agree(trained.floats, normalized))
        #expect(agree(mean.floats, [0.4]) && agree(variance.floats, [0.9 + 20.0 / 30]))
        let evaluated = input.batchNorm(
            weight: scale, bias: shift, runningMean: .zeros([1]), runningVariance: .ones([1]),
            training: false)
        let unit = (1 + 1e-5).squareRoot()
        let scaled = elements.map { 1 + 2 * $0 / unit }
        #expect(agree(evaluated.floats, scaled))
    }

    @Test("group and layer norm have mean 0 and variance 1 before scale and shift")
    func otherNorms() {
        let input = Tensor([1, 3, 10, 30], shape: [1, 2, 1, 2])
        let grouped = input.groupNorm(groups: 2, weight: .ones([2]), bias: .zeros([2]), epsilon: 0)
        #expect(agree(grouped.floats, [-1, 1, -1, 1]))
        let row = Tensor([1, 3], shape: [1, 2])
        let layered = row.layerNorm(weight: .ones([2]), bias: Tensor([5, 6]), epsilon: 0)
        #expect(agree(layered.floats, [4, 7]))
    }

    @Test("softmax and the losses follow their formulas")
    func losses() {
        let logits = Tensor([0, Float(log(3.0)), 0, 0], shape: [2, 2])
        #expect(agree(logits.softmax().floats, [0.25, 0.75, 0.5, 0.5]))
        let logarithms: [Double] = [0.25, 0.75, 0.5, 0.5].map(log)
        #expect(agree(logits.logSoftmax().floats, logarithms))
        // −(ln ¾ + ln ½) / 2
        let entropy = logits.crossEntropy(Tensor(indices: [1, 0])).item
        #expect(abs(entropy + (log(0.75) + log(0.5)) / 2) < 1e-6)
        // Of odds 3 : 1 and 1 : 1 against what is half so and what is not so: −(½ ln ¾ + ½ ln ¼ + ln ½) / 2
        let binary = Tensor([Float(log(3.0)), 0]).binaryCrossEntropy(Tensor([0.5, 0])).item
        #expect(abs(binary + (0.5 * log(0.75) + 0.5 * log(0.25) + log(0.5)) / 2) < 1e-6)
        #expect(Tensor([1, 2]).meanSquaredError(Tensor([3, 5])).item == 6.5)
    }

    @Test("conversions round as the types do")
    func conversions() {
        #expect(Tensor([1.5, -2.7]).to(.int64).integers == [1, -2])
        #expect(Tensor([1.0009765625]).to(.bfloat16).floats == [1])
        #expect(Tensor([1.0009765625]).to(.float16).floats == [1.0009765625])
        #expect(Tensor.full([2], 3, .int32).elementType == .int32)
        let target = Tensor.zeros([2], .int64)
        target.copy(from: Tensor([4, 5]))
        #expect(target.integers == [4, 5])
    }

    @Test("random tensors depend on the seed alone and have the moments of their distribution")
    func randomness() {
        let first = Tensor.randomNormal([20_000], using: TensorGenerator(seed: 3))
        #expect(first.floats == Tensor.randomNormal([20_000], using: TensorGenerator(seed: 3)).floats)
        #expect(first.floats != Tensor.randomNormal([20_000], using: TensorGenerator(seed: 4)).floats)
        // Standard errors: 1/√20000 = 0.007 and √(2/20000) = 0.01; five of them.
        #expect(abs(first.mean().item) < 0.036 && abs(first.squared().mean().item - 1) < 0.05)
        let uniform = Tensor.randomUniform([20_000], using: TensorGenerator(seed: 3))
        #expect(uniform.min().item >= 0 && uniform.max().item < 1 && abs(uniform.mean().item - 0.5) < 0.011)
    }
}
