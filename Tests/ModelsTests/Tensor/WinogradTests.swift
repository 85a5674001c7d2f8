import Foundation
import Models
import Testing

/// Convolutions of large images, which are computed by fewer multiplications, beside the sums of the
/// definition in float64.
@Suite("Convolutions of large images")
struct WinogradTests {
    /// A convolution that is large enough.
    struct Case: Sendable, CustomTestStringConvertible {
        let images, inputs, outputs, height, width: Int
        var hasBias = true
        var testDescription: String { "\(images) × \(inputs) × \(height) × \(width) to \(outputs)" }

        /// Input, weight and bias, by a seed.
        func tensors(seed: UInt64 = 1) -> (input: Tensor, weight: Tensor, bias: Tensor?) {
            let generator = TensorGenerator(seed: seed)
            return (
                .randomNormal([images, inputs, height, width], using: generator),
                .randomNormal([outputs, inputs, 3, 3], using: generator)
                    * (1 / Double(inputs * 9).squareRoot()),
                hasBias ? .randomNormal([outputs], using: generator) : nil
            )
        }
    }

    @Test(
        "are the definition's sums, whatever the edges, images and channels",
        arguments: [
            Case(images: 1, inputs: 128, outputs: 5, height: 45, width: 46),
            Case(images: 2, inputs: 131, outputs: 7, height: 32, width: 35),
            Case(images: 3, inputs: 128, outputs: 1, height: 33, width: 32, hasBias: false),
            // Several blocks, the last of which is smaller.
            Case(images: 1, inputs: 128, outputs: 2, height: 260, width: 130),
        ])
    func sums(of shape: Case) {
        let (input, weight, bias) = shape.tensors()
        let found = Torch.withoutGradients { input.conv2d(weight, bias: bias, padding: 1) }
        let exact = input.to(.float64).conv2d(weight.to(.float64), bias: bias?.to(.float64), padding: 1)
        #expect(found.shape == [shape.images, shape.outputs, shape.height, shape.width])
        let distances = zip(found.floats, values(of: exact)).map { abs(Double($0) - $1) }
        // Sums have a deviation of 1.4; rounding leaves 1.6e-6 in the mean (measured; the theory is in arXiv
        // 1803.10986).
        let mean = (distances.reduce(0) { $0 + $1 * $1 } / Double(distances.count)).squareRoot()
        #expect(mean < 5e-6)
        #expect(distances.max()! < 1e-4)
    }

    @Test("in bfloat16 are those of the rounded numbers, rounded once more")
    func bfloat16() {
        let (input, weight, bias) = Case(images: 2, inputs: 128, outputs: 3, height: 64, width: 65).tensors()
        let found = Torch.withoutGradients {
            Torch.withAutocast { input.conv2d(weight, bias: bias, padding: 1) }
        }
        #expect(found.elementType == .bfloat16)
        let (x, w) = (input.to(.bfloat16).to(.float64), weight.to(.bfloat16).to(.float64))
        let exact = values(of: x.conv2d(w, bias: bias?.to(.float64), padding: 1))
        #expect(agree(found.to(.float32).floats, exact, within: 1 / 256.0))
    }

    @Test("have their gradients where one is wanted")
    func gradient() {
        // Each pixel of the interior is in nine sums, a corner's in four.
        let input = Tensor.ones([1, 128, 48, 48]).requiresGradient()
        input.conv2d(.ones([1, 128, 3, 3]), padding: 1).sum().backward()
        let gradient = input.gradient!.floats
        #expect(gradient[0] == 4 && gradient[1] == 6 && gradient[49] == 9)
        let bias = Tensor.zeros([1]).requiresGradient()
        Tensor.ones([1, 128, 48, 48]).conv2d(.ones([1, 128, 3, 3]), bias: bias, padding: 1).sum().backward()
        #expect(bias.gradient?.floats == [48 * 48])
    }

    @Test("have the same bits on one thread and on two")
    func threads() {
        let (input, weight, bias) = Case(images: 1, inputs: 160, outputs: 96, height: 64, width: 64).tensors()
        func bits(threads: Int) -> [UInt32] {
            Torch.prepareThread(threads: threads)
            defer { Torch.prepareThread() }
            return Torch.withoutGradients {
                input.conv2d(weight, bias: bias, padding: 1).floats.map(\.bitPattern)
            }
        }
        #expect(bits(threads: 1) == bits(threads: 2))
    }

    @Test("keep a number that is none where it is, with its neighbours")
    func notANumber() {
        var pixels = [Float](repeating: 1, count: 128 * 48 * 48)
        pixels[17 * 48 + 21] = .nan
        let input = Tensor(pixels, shape: [1, 128, 48, 48])
        let found = Torch.withoutGradients { input.conv2d(.ones([1, 128, 3, 3]), padding: 1).floats }
        // The 3 × 3 sums it is in are none, and no sum is that is in no tile of theirs.
        #expect((16...18).allSatisfy { y in (20...22).allSatisfy { x in found[y * 48 + x].isNaN } })
        #expect(
            found.indices.allSatisfy { place in
                let isNear = (12..<24).contains(place / 48) && (16..<28).contains(place % 48)
                return isNear || !found[place].isNaN
            })
    }
}
