extension DeviceCheck {
    /// A function of a tensor of positive numbers, `[4, 6, 8, 8]`, whose gradient is compared too.
    private typealias Function = (Tensor) -> Tensor

    /// Every operator of `Tensor` alone, and its gradient where it has one.
    static func operators() -> [DeviceCheck] {
        let differentiable = elementwise + reductions + shapes + products
        return differentiable.map { name, function in
            compare(name) {
                let input = uniform([4, 6, 8, 8], seed: 1).requiresGradient()
                let result = function(input)
                (result * uniform(result.shape, seed: 9)).sum().backward()
                return result.detached().floats + (input.gradient?.floats ?? [])
            }
        } + others
    }

    /// Uniform in 0.1…1.1.
    static func uniform(_ shape: [Int], seed: UInt64) -> Tensor {
        .randomUniform(shape, using: TensorGenerator(seed: seed)) + 0.1
    }

    private static var elementwise: [(String, Function)] {
        let other = { uniform([4, 6, 8, 8], seed: 2) }
        return [
            ("neg", { -$0 }), ("abs", { ($0 - 0.5).abs() }), ("exp", { $0.exp() }), ("log", { $0.log() }),
            ("sqrt", { $0.sqrt() }), ("square", { $0.squared() }), ("sin", { $0.sin() }),
            ("cos", { $0.cos() }), ("tanh", { $0.tanh() }), ("sigmoid", { $0.sigmoid() }),
            ("silu", { $0.silu() }), ("relu", { ($0 - 0.5).relu() }),
            ("relu in place", { ($0 - 0.5).reluInPlace() }),
            ("gelu", { $0.gelu() }), ("gelu by tanh", { $0.gelu(tanhApproximation: true) }),
            ("clamp", { $0.clamp(0.2, 0.8) }), ("power", { $0.power(1.5) }), ("add", { $0 + other() }),
            ("add in place", { ($0 * 2).addInPlace(other()) }), ("subtract", { $0 - other() }),
            ("multiply", { $0 * other() }), ("divide", { $0 / other() }), ("add a number", { $0 + 3 }),
            ("multiply by a number", { $0 * 3 }), ("to float64 and back", { $0.to(.float64).to(.float32) }),
        ]
    }

    private static var reductions: [(String, Function)] {
        [
            ("sum", { $0.sum() }), ("sum over axes", { $0.sum([1, 3], keepAxes: true) }),
            ("mean", { $0.mean() }), ("mean over axes", { $0.mean([2]) }), ("max", { $0.max() }),
            ("min", { $0.min() }), ("softmax", { $0.softmax() }), ("log softmax", { $0.logSoftmax(axis: 1) }),
        ]
    }

    private static var shapes: [(String, Function)] {
        let rows = { Tensor(indices: [2, 0, 3, 3]) }
        return [
            ("reshape", { $0.reshape([24, 64]) }), ("permute", { $0.permute([0, 2, 3, 1]) }),
            ("transpose", { $0.transpose(1, 2).contiguous() }), ("channels last", { $0.channelsLast() * 2 }),
            ("narrow", { $0.narrow(2, from: 3, count: 4) }), ("chunks", { $0.chunks(2, axis: 1)[1] }),
            ("expand", { $0.narrow(0, from: 1, count: 1).expand([4, 6, 8, 8]) * 1 }),
            ("concatenate", { .concatenate([$0, $0 * 2], axis: 1) }), ("select", { $0.select(rows()) }),
            ("flip", { $0.flip(3) }), ("pad", { $0.pad([1, 2, 0, 1], value: 0.5) }),
            ("upper triangle", { $0.reshape([24, 64]).upperTriangle(diagonal: 1) }),
            ("clone", { $0.clone() }), ("upsample", { $0.upsampleNearest2d() }),
        ]
    }

    private static var products: [(String, Function)] {
        let weight = { (shape: [Int]) in uniform(shape, seed: 3) }
        return [
            ("matmul", { $0.reshape([24, 8, 8]).matmul(weight([24, 8, 5])) }),
            ("linear", { $0.linear(weight([7, 8]), bias: weight([7])) }),
            ("convolution", { $0.conv2d(weight([5, 6, 3, 3]), bias: weight([5]), padding: 1) }),
            ("convolution, stride 2", { $0.conv2d(weight([5, 6, 3, 3]), stride: 2, padding: 1) }),
            ("convolution, groups", { $0.conv2d(weight([6, 3, 3, 3]), padding: 1, groups: 2) }),
            ("max pooling", { $0.maxPool2d(kernel: 3, stride: 2, padding: 1) }),
            ("average pooling", { $0.globalAveragePool2d() }),
            ("embedding", { $0.reshape([24, 64]).embedding(Tensor(indices: [3, 3, 1], shape: [1, 3])) }),
            (
                "cross entropy",
                { $0.reshape([24, 64]).crossEntropy(Tensor(indices: (0..<24).map { $0 * 2 })) }
            ),
            ("squared error", { $0.meanSquaredError(uniform([4, 6, 8, 8], seed: 4)) }),
            ("binary cross entropy", { ($0 * 4 - 2).binaryCrossEntropy(uniform([4, 6, 8, 8], seed: 5)) }),
        ]
    }

    /// What has no gradient: choices, comparisons, elements in and out.
    private static var others: [DeviceCheck] {
        let types: [ElementType] = [.float32, .float64, .float16, .bfloat16, .int64, .int32, .uint8, .bool]
        return [
            compare("argmax", tolerance: 0) { uniform([9, 7], seed: 6).argmax(1).floats },
            compare("equals", tolerance: 0) {
                Tensor([1, 2, 3]).equals(Tensor([1, 5, 3])).floats
            },
            compare("arange", tolerance: 0) { Tensor.arange(1, 9, step: 2).floats },
            compare("normal numbers", tolerance: 0) {
                Tensor.randomNormal([100], using: TensorGenerator(seed: 7)).floats
            },
            compare("zeros before they are written", tolerance: 0) {
                Tensor.untouchedZeros([3, 5]).floats + Tensor.untouchedZeros([1 << 10, 1 << 13]).sum().floats
            },
            compare("elements of all types in and out", tolerance: 0) {
                types.flatMap { type in
                    let stored = (Tensor([0, 1, 2, 3]) * (type == .bool ? 0.4 : 1)).to(type)
                    var bytes = [UInt8](repeating: 0, count: 4 * type.size)
                    bytes.withUnsafeMutableBytes { stored.copyBytes(to: $0) }
                    return bytes.withUnsafeBytes { Tensor(bytes: $0, shape: [4], type: type) }.floats
                }
            },
            compare("copies between types", tolerance: 0) {
                let target = Tensor.zeros([6], .float16)
                target.copy(from: Tensor([0, 1, 2, 3, 4, 5]))
                return target.floats
            },
        ]
    }
}
