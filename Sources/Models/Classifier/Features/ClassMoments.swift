/// Sums over the features of the images of each class: what a client uploads for a classifier that takes each
/// class to be normal with a covariance of its own.
///
/// Turazza, Picone and Mamei, "The Gaussian-Head OFL Family", https://arxiv.org/abs/2602.01186: the number of
/// images Nⱼ, the sum Aⱼ = Σ φ(x), and the second moments, Bⱼ = Σ φ(x) φ(x)ᵀ (its upper triangle) or Σ φ(x)²
/// alone. Sums of several clients add up to those of all their images, however these are spread.
public struct ClassMoments: Sendable, Hashable {
    /// Which second moments are summed.
    public enum Form: String, Sendable, Codable {
        /// Products of all pairs of features, `[width (width + 1) / 2]` a class.
        case products
        /// Squares of the features, `[width]` a class.
        case squares

        /// How many there are of a class.
        public func count(width: Int) -> Int {
            self == .products ? FeatureStatistics.triangle(width) : width
        }
    }

    public let form: Form
    /// The classes, ascending.
    public let labels: [Int]
    /// Images of each class.
    public let counts: [Int]
    /// How many features an image has.
    public let width: Int
    /// The sum of the features of each class, `[classes, width]`.
    public let sums: [Float]
    /// The second moments of each class, `[classes, form.count(width)]`.
    public let moments: [Float]

    /// - Precondition: the lists fit together.
    public init(
        _ form: Form, labels: [Int], counts: [Int], width: Int, sums: [Float], moments: [Float]
    ) {
        precondition(
            labels.count == counts.count && sums.count == labels.count * width
                && moments.count == labels.count * form.count(width: width),
            "moments of \(labels.count) classes")
        self.form = form
        self.labels = labels
        self.counts = counts
        self.width = width
        self.sums = sums
        self.moments = moments
    }

    /// Those of some images; sums are in double precision, in the order of the images.
    ///
    /// - Parameters:
    ///   - form: which second moments.
    ///   - features: `[images, width]`, row by row.
    ///   - width: how many features an image has.
    ///   - labels: the class of each image.
    /// - Precondition: rows are whole, and there is a label for each.
    public init(_ form: Form, of features: [Float], width: Int, labels: [Int]) {
        precondition(
            width > 0 && features.count == labels.count * width, "features of \(labels.count) images")
        let places = Dictionary(grouping: labels.indices) { labels[$0] }.sorted { $0.key < $1.key }
        var sums: [Float] = [], moments: [Float] = []
        for (_, images) in places {
            var sum = [Double](repeating: 0, count: width)
            var second = [Double](repeating: 0, count: form.count(width: width))
            for image in images {
                let row = features[image * width..<(image + 1) * width].map(Double.init)
                for column in 0..<width { sum[column] += row[column] }
                switch form {
                case .products: FeatureStatistics.addProducts(of: row, to: &second)
                case .squares: for column in 0..<width { second[column] += row[column] * row[column] }
                }
            }
            sums += sum.map(Float.init)
            moments += second.map(Float.init)
        }
        self.init(
            form, labels: places.map(\.key), counts: places.map(\.value.count), width: width, sums: sums,
            moments: moments)
    }
}

// MARK: - The wire

extension ClassMoments {
    /// A safetensors file with `labels` and `counts` (I32 `[N]`), `sums` (F32 `[N, width]`) and `products` or
    /// `squares` (F32 `[N, form.count(width)]`).
    public func encoded() -> [UInt8] {
        let second = Tensor(moments, shape: [labels.count, form.count(width: width)])
        return Safetensors.encode([
            ("sums", Tensor(sums, shape: [labels.count, width])), (form.rawValue, second),
            ("labels", .int32(labels)), ("counts", .int32(counts)),
        ])
    }

    /// The length of such a file.
    public static func encodedByteCount(_ form: Form, classes: Int, width: Int) -> Int {
        Safetensors.encodedByteCount([
            .init(name: "sums", shape: [classes, width], type: .float32),
            .init(name: form.rawValue, shape: [classes, form.count(width: width)], type: .float32),
            .init(name: "labels", shape: [classes], type: .int32),
            .init(name: "counts", shape: [classes], type: .int32),
        ])
    }

    /// - Throws: `SafetensorsError` where the bytes are no such file.
    public init(decoding bytes: [UInt8]) throws {
        let file = try SafetensorsFile(bytes: bytes, name: "statistics"), classes = try ClassTable(file)
        let form: Form = file.contains(Form.squares.rawValue) ? .squares : .products
        let sums = try classes.rows(named: "sums"), moments = try classes.rows(named: form.rawValue)
        let count = classes.labels.count
        try file.require(
            form.rawValue, [count, moments.width], is: [count, form.count(width: sums.width)])
        self.init(
            form, labels: classes.labels, counts: classes.counts, width: sums.width, sums: sums.values,
            moments: moments.values)
    }
}
