/// Sums over the features of images: what a client of FedCGS uploads.
///
/// Guan, Zhou and Gu, "Capture Global Feature Statistics for One-Shot Federated Learning",
/// https://arxiv.org/abs/2503.06962: numbers of images Nⱼ and sums Aⱼ = Σ φ(x) of each class, and the matrix
/// B = Σ φ(x) φ(x)ᵀ over all images, of which the upper triangle is sent. Sums of several clients add up to
/// those of all their images, however these are spread.
public struct FeatureStatistics: Sendable, Hashable {
    /// The classes, ascending.
    public let labels: [Int]
    /// Images of each class.
    public let counts: [Int]
    /// How many features an image has.
    public let width: Int
    /// The sum of the features of each class, `[classes, width]`.
    public let sums: [Float]
    /// Σ xᵢ xⱼ over all images for i ≤ j, row by row.
    public let products: [Float]

    /// - Precondition: the lists fit together.
    public init(labels: [Int], counts: [Int], width: Int, sums: [Float], products: [Float]) {
        precondition(
            labels.count == counts.count && sums.count == labels.count * width
                && products.count == Self.triangle(width), "statistics of \(labels.count) classes")
        self.labels = labels
        self.counts = counts
        self.width = width
        self.sums = sums
        self.products = products
    }

    /// Those of some images; sums are in double precision, in the order of the images.
    ///
    /// - Parameters:
    ///   - features: `[images, width]`, row by row.
    ///   - width: how many features an image has.
    ///   - labels: the class of each image.
    /// - Precondition: rows are whole, and there is a label for each.
    public init(of features: [Float], width: Int, labels: [Int]) {
        precondition(
            width > 0 && features.count == labels.count * width, "features of \(labels.count) images")
        let classes = Set(labels).sorted()
        var sums = [Double](repeating: 0, count: classes.count * width)
        var products = [Double](repeating: 0, count: Self.triangle(width))
        var counts = [Int](repeating: 0, count: classes.count)
        let places = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
        var row = [Double](repeating: 0, count: width)
        for (image, label) in labels.enumerated() {
            guard let place = places[label] else { continue }
            counts[place] += 1
            for column in 0..<width {
                row[column] = Double(features[image * width + column])
                sums[place * width + column] += row[column]
            }
            Self.addProducts(of: row, to: &products)
        }
        self.init(
            labels: classes, counts: counts, width: width, sums: sums.map(Float.init),
            products: products.map(Float.init))
    }

    /// Elements of the upper triangle of a square matrix.
    static func triangle(_ width: Int) -> Int { width * (width + 1) / 2 }

    /// Adds xᵢ xⱼ for i ≤ j, row by row.
    static func addProducts(of row: [Double], to products: inout [Double]) {
        products.withUnsafeMutableBufferPointer { products in
            row.withUnsafeBufferPointer { row in
                var place = 0
                for first in 0..<row.count {
                    for second in first..<row.count {
                        products[place] += row[first] * row[second]
                        place += 1
                    }
                }
            }
        }
    }
}

// MARK: - The wire

extension FeatureStatistics {
    /// A safetensors file with `labels` and `counts` (I32 `[N]`), `sums` (F32 `[N, width]`) and `products`
    /// (F32 `[width (width + 1) / 2]`).
    public func encoded() -> [UInt8] {
        return Safetensors.encode([
            ("sums", Tensor(sums, shape: [labels.count, width])), ("products", Tensor(products)),
            ("labels", .int32(labels)), ("counts", .int32(counts)),
        ])
    }

    /// The length of such a file.
    public static func encodedByteCount(classes: Int, width: Int) -> Int {
        Safetensors.encodedByteCount([
            .init(name: "sums", shape: [classes, width], type: .float32),
            .init(name: "products", shape: [triangle(width)], type: .float32),
            .init(name: "labels", shape: [classes], type: .int32),
            .init(name: "counts", shape: [classes], type: .int32),
        ])
    }

    /// - Throws: `SafetensorsError` where the bytes are no such file.
    public init(decoding bytes: [UInt8]) throws {
        let file = try SafetensorsFile(bytes: bytes, name: "statistics")
        let classes = try ClassTable(file)
        let sums = try classes.rows(named: "sums")
        let products = try file.tensor(named: "products")
        try file.require("products", products.shape, is: [Self.triangle(sums.width)])
        self.init(
            labels: classes.labels, counts: classes.counts, width: sums.width, sums: sums.values,
            products: products.floats)
    }
}
