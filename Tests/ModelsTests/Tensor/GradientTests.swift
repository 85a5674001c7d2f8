import Core
import Foundation
import Models
import Testing

@Suite struct GradientTests {
    /// Compares the gradient of Σ cos(i) · f(x)ᵢ with central differences (f(x + h) − f(x − h)) / 2h, in
    /// float64.
    private func expectGradient(
        _ name: String, of shape: [Int], from seed: UInt64 = 1, _ function: (Tensor) -> Tensor
    ) {
        var generator = RandomStream(seed: seed)
        let point = (0..<shape.reduce(1, *)).map { _ in generator.normal() }
        func scalar(_ input: Tensor) -> Tensor {
            let output = function(input)
            let weights = doubles((0..<output.count).map { cos(Double($0)) }, output.shape)
            return (output * weights).sum()
        }
        let leaf = doubles(point, shape).requiresGradient()
        scalar(leaf).backward()
        let gradient = values(of: leaf.gradient!)
        let step = 1e-5
        for index in point.indices {
            var (above, below) = (point, point)
            above[index] += step
            below[index] -= step
            let rise = scalar(doubles(above, shape)).item - scalar(doubles(below, shape)).item
            let difference = rise / (2 * step)
            #expect(
                abs(gradient[index] - difference) < 1e-6 * max(1, abs(difference)),
                "\(name), element \(index): \(gradient[index]) against \(difference)")
        }
    }

    @Test("gradients of the operators agree with finite differences")
    func operators() {
        let weight = doubles((0..<12).map { sin(Double($0)) }, [3, 4])
        let kernel = doubles((0..<36).map { sin(Double($0)) }, [2, 2, 3, 3])
        expectGradient("silu", of: [5]) { $0.silu() }
        expectGradient("gelu", of: [5]) { $0.gelu() }
        expectGradient("softmax", of: [2, 3]) { $0.softmax() }
        expectGradient("log softmax", of: [2, 3]) { $0.logSoftmax() }
        expectGradient("linear", of: [2, 4]) { $0.linear(weight) }
        expectGradient("linear's weight", of: [3, 4]) { weight.linear($0) }
        expectGradient("convolution", of: [1, 2, 4, 4]) { $0.conv2d(kernel, stride: 2, padding: 1) }
        expectGradient("convolution's weight", of: [2, 2, 3, 3]) {
            doubles((0..<32).map { cos(Double($0)) }, [1, 2, 4, 4]).conv2d($0, padding: 1)
        }
        expectGradient("group norm", of: [1, 4, 2, 1]) {
            $0.groupNorm(groups: 2, weight: .ones([4], .float64), bias: .zeros([4], .float64), epsilon: 1e-3)
        }
        expectGradient("layer norm", of: [2, 4]) {
            $0.layerNorm(weight: .ones([4], .float64), bias: .zeros([4], .float64), epsilon: 1e-3)
        }
        expectGradient("batch norm", of: [3, 2, 1, 1]) {
            $0.batchNorm(
                weight: .ones([2], .float64), bias: .zeros([2], .float64), runningMean: .zeros([2], .float64),
                runningVariance: .ones([2], .float64), training: true)
        }
        expectGradient("cross-entropy", of: [2, 3]) { $0.crossEntropy(Tensor(indices: [2, 0])) }
        expectGradient("binary cross-entropy", of: [2, 3]) {
            $0.binaryCrossEntropy(Tensor([0, 1, 0.5, 0.2, 0.9, 1], shape: [2, 3]))
        }
        expectGradient("pad, narrow, flip", of: [2, 3]) {
            $0.pad([1, 1]).narrow(1, from: 1, count: 3).flip(0)
        }
        expectGradient("sums", of: [2, 3]) { $0.sum([1], keepAxes: true) * $0 + $0.mean([0]) }
    }

    @Test("gradients add up until they are cleared, and none are recorded where they are switched off")
    func accumulation() {
        let weight = Tensor([2]).requiresGradient()
        (weight * 3).sum().backward()
        (weight * 4).sum().backward()
        #expect(weight.gradient?.floats == [7])
        #expect(abs(ParameterLists.clipGradients(of: [weight], toNorm: 3.5) - 7) < 1e-6)
        #expect(agree(weight.gradient!.floats, [3.5]))
        ParameterLists.clearGradients(of: [weight])
        #expect(weight.gradient == nil)
        let product = Torch.withoutGradients { weight * 3 }
        #expect(product.item == 6 && weight.gradient == nil)
    }
}
