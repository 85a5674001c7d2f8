import Foundation
import Models
import Testing

@Suite struct OptimizerTests {
    /// Makes `slope` the gradient of `weight`.
    private func backward(_ weight: Tensor, slope: [Float]) { (weight * Tensor(slope)).sum().backward() }

    @Test("three steps of SGD follow g + λw, m ← μm + g, w ← w − ηm")
    func sgd() {
        let slope: [Float] = [0.5, -1]
        let weight = Tensor([1, 2]).requiresGradient()
        let optimizer = SGD([weight], momentum: 0.9, weightDecay: 0.1)
        var (expected, momentum) = ([1.0, 2], [0.0, 0])
        for rate in [0.1, 0.1, 0.05] {
            backward(weight, slope: slope)
            optimizer.step(learningRate: rate)
            for index in expected.indices {
                momentum[index] = 0.9 * momentum[index] + Double(slope[index]) + 0.1 * expected[index]
                expected[index] -= rate * momentum[index]
            }
            #expect(agree(weight.floats, expected))
        }
        #expect(weight.gradient == nil)
    }

    @Test("a parameter without a gradient is left alone")
    func unused() {
        let (used, unused) = (Tensor([1]).requiresGradient(), Tensor([1]).requiresGradient())
        let optimizer = SGD([used, unused], momentum: 0.9, weightDecay: 0.1)
        backward(used, slope: [1])
        optimizer.step(learningRate: 0.1)
        #expect(unused.floats == [1] && agree(used.floats, [0.89]))
    }

    /// A number rounded to bfloat16, ties to even: eight bits of a float32.
    private func rounded(_ value: Float) -> Float {
        let bits = value.bitPattern
        return Float(bitPattern: (bits &+ 0x7fff &+ ((bits >> 16) & 1)) & 0xffff_0000)
    }

    @Test(
        "with a bfloat16 copy, SGD takes its gradient, keeps the parameter's small steps, and rounds it anew")
    func copies() {
        // 1 + 0.001 k is nearest to 1 in bfloat16 (steps of 1/128) for k up to 3.
        let start: [Float] = [1, -2, 0.3, 100]
        let weight = Tensor(start), copy = weight.to(.bfloat16).requiresGradient()
        let plain = Tensor([5]).requiresGradient()
        let optimizer = SGD([weight, plain], copies: [copy, nil], momentum: 0.5, weightDecay: 0)
        var expected = start, momentum: Float = 0
        for step in 1...20 {
            // A slope of 2⁻⁶ is a bfloat16.
            ((copy * Tensor([0.015625, 0.015625, 0.015625, 0.015625]).to(.bfloat16)).to(.float32).sum()
                + (plain * Tensor([2])).sum()).backward()
            optimizer.step(learningRate: 0.064)
            momentum = 0.5 * momentum + 0.015625
            for index in expected.indices { expected[index] -= 0.064 * momentum }
            #expect(agree(weight.floats, expected.map(Double.init)), "step \(step)")
            #expect(copy.floats == weight.floats.map(rounded), "step \(step)")
            #expect(copy.gradient == nil && plain.gradient == nil)
        }
        #expect(copy.floats[0] != 1 && plain.floats[0] < 5)
        // 20 steps of 0.002 would all be lost in a bfloat16 of 100, whose neighbours are 0.5 away.
        #expect(weight.floats[3] < 99.97 && copy.floats[3] == 100)
    }

    @Test("a copy without a gradient leaves its parameter alone")
    func unusedCopy() {
        let weight = Tensor([1]), copy = weight.to(.bfloat16).requiresGradient()
        SGD([weight], copies: [copy], momentum: 0.9, weightDecay: 0.1).step(learningRate: 0.1)
        #expect(weight.floats == [1] && copy.floats == [1])
    }

    @Test("AdamW's moments are corrected for their start, and its decay is apart from the gradient")
    func adamw() {
        let weight = Tensor([1, 2]).requiresGradient()
        let optimizer = AdamW([weight], beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1)
        var expected = [1.0, 2], first = [0.0, 0], second = [0.0, 0]
        for step in 1...3 {
            let slope = [0.5 * Double(step), -1]
            backward(weight, slope: slope.map(Float.init))
            optimizer.step(learningRate: 0.01)
            for index in expected.indices {
                first[index] = 0.9 * first[index] + 0.1 * slope[index]
                second[index] = 0.99 * second[index] + 0.01 * slope[index] * slope[index]
                let mean = first[index] / (1 - pow(0.9, Double(step)))
                let square = second[index] / (1 - pow(0.99, Double(step)))
                expected[index] = expected[index] * (1 - 0.001) - 0.01 * mean / (square.squareRoot() + 1e-8)
            }
            #expect(agree(weight.floats, expected, within: 1e-5))
        }
        #expect(optimizer.steps == 3)
    }

    @Test("lists of parameters mix and add in place")
    func lists() {
        let average = Tensor([0, 4])
        ParameterLists.lerp([average], toward: [Tensor([10, 0])], weight: 0.1)
        #expect(agree(average.floats, [1, 3.6]))
        ParameterLists.add([Tensor([1, 1])], to: [average], weight: 2)
        #expect(agree(average.floats, [3, 5.6]))
    }
}
