/// A classifier behind a frozen encoder whose logits are log densities of normal distributions, one for each
/// class: bⱼ − ½ ‖Rⱼ (x − μⱼ)‖² of features x, where Rⱼᵀ Rⱼ is the inverse of the covariance.
public struct QuadraticHead: Sendable, Hashable {
    /// How many logits there are.
    public let classes: Int
    /// How many features an image has.
    public let width: Int
    /// The features' second moments that it takes account of.
    public let form: ClassMoments.Form
    /// μ, `[classes, width]`, row by row.
    public let means: [Float]
    /// R, of each class the lower triangle, row by row, or its diagonal: `[classes, form.count(width)]`.
    public let roots: [Float]
    /// b, `[classes]`; `absentBias` of a class of which there is no image.
    public let bias: [Float]

    /// Says that there is no image of a class. A finite number, since infinite weights are those of a model
    /// that has diverged.
    public static let absentBias = -Float.greatestFiniteMagnitude
    /// What the logit of such a class is below the lowest one: it is never chosen, and its loss is a number.
    static let absence: Float = 1e4

    /// - Precondition: the lists are of these sizes.
    public init(
        _ form: ClassMoments.Form, classes: Int, width: Int, means: [Float], roots: [Float], bias: [Float]
    ) {
        precondition(
            classes > 0 && means.count == classes * width && bias.count == classes
                && roots.count == classes * form.count(width: width),
            "a head of \(classes) classes and \(width) features")
        self.form = form
        self.classes = classes
        self.width = width
        self.means = means
        self.roots = roots
        self.bias = bias
    }

    /// Logits `[N, classes]` of features `[N, width]`, row by row.
    ///
    /// - Precondition: rows are whole.
    public func logits(of features: [Float]) -> Tensor {
        precondition(features.count % width == 0, "\(features.count) features in rows of \(width)")
        let images = features.count / width
        var logits = [Float](repeating: -.infinity, count: images * classes)
        Torch.withoutGradients {
            let rows = Tensor(features, shape: [images, width])
            for label in 0..<classes where bias[label] != Self.absentBias {
                let mean = Tensor(Array(means[label * width..<(label + 1) * width]))
                let distances = whitened(rows - mean, label).squared().sum([1]).floats
                for image in 0..<images {
                    logits[image * classes + label] = bias[label] - distances[image] / 2
                }
            }
        }
        for image in 0..<images {
            let row = image * classes..<(image + 1) * classes
            let lowest = logits[row].filter { $0 != -.infinity }.min() ?? 0
            for place in row where logits[place] == -.infinity { logits[place] = lowest - Self.absence }
        }
        return Tensor(logits, shape: [images, classes])
    }

    /// Rⱼ x for each row x.
    private func whitened(_ rows: Tensor, _ label: Int) -> Tensor {
        let count = form.count(width: width)
        let root = Array(roots[label * count..<(label + 1) * count])
        switch form {
        case .squares: return rows * Tensor(root)
        case .products:
            var matrix = [Float](repeating: 0, count: width * width), place = 0
            for row in 0..<width {
                for column in 0...row {
                    matrix[row * width + column] = root[place]
                    place += 1
                }
            }
            return rows.linear(Tensor(matrix, shape: [width, width]), bias: nil)
        }
    }
}

// MARK: - The wire

extension QuadraticHead {
    /// A safetensors file with `means` (F32 `[classes, width]`), `products` or `squares` (R, F32) and `bias`.
    public func encoded() -> [UInt8] {
        let roots = Tensor(roots, shape: [classes, form.count(width: width)])
        return Safetensors.encode([
            ("means", Tensor(means, shape: [classes, width])), (form.rawValue, roots), ("bias", Tensor(bias)),
        ])
    }

    /// The length of such a file.
    public static func encodedByteCount(_ form: ClassMoments.Form, classes: Int, width: Int) -> Int {
        Safetensors.encodedByteCount([
            .init(name: "means", shape: [classes, width], type: .float32),
            .init(name: form.rawValue, shape: [classes, form.count(width: width)], type: .float32),
            .init(name: "bias", shape: [classes], type: .float32),
        ])
    }

    /// - Throws: `SafetensorsError` where the bytes are no such file.
    public init(decoding bytes: [UInt8]) throws {
        let file = try SafetensorsFile(bytes: bytes, name: "head")
        let form: ClassMoments.Form =
            file.contains(ClassMoments.Form.squares.rawValue) ? .squares : .products
        let means = try file.tensor(named: "means"), bias = try file.tensor(named: "bias")
        let roots = try file.tensor(named: form.rawValue)
        let classes = bias.count, width = means.shape.last ?? 0
        try file.require("bias", bias.shape, is: [max(1, classes)])
        try file.require("means", means.shape, is: [classes, max(1, width)])
        try file.require(form.rawValue, roots.shape, is: [classes, form.count(width: width)])
        self.init(
            form, classes: classes, width: width, means: means.floats, roots: roots.floats, bias: bias.floats)
    }
}
