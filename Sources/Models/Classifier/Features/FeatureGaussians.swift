import Core
import Foundation

/// A normal distribution with independent features for each class of a client's images: what a client of
/// FedPFT uploads, in half precision.
///
/// Beitollahi et al., "Parametric Feature Transfer: One-shot Federated Learning with Foundation Models",
/// https://arxiv.org/abs/2402.01862, with mixtures of one component and diagonal covariances.
public struct FeatureGaussians: Sendable, Hashable {
    /// The classes, ascending.
    public let labels: [Int]
    /// Images of each class.
    public let counts: [Int]
    /// How many features an image has.
    public let width: Int
    /// `[classes, width]`.
    public let means: [Float]
    /// `[classes, width]`, without Bessel's correction: 0 of a single image.
    public let variances: [Float]

    /// - Precondition: the lists fit together.
    public init(labels: [Int], counts: [Int], width: Int, means: [Float], variances: [Float]) {
        precondition(
            labels.count == counts.count && means.count == labels.count * width
                && variances.count == means.count, "normal distributions of \(labels.count) classes")
        self.labels = labels
        self.counts = counts
        self.width = width
        self.means = means
        self.variances = variances
    }

    /// Those of some images.
    ///
    /// - Parameters:
    ///   - features: `[images, width]`, row by row.
    ///   - width: how many features an image has.
    ///   - labels: the class of each image.
    /// - Precondition: rows are whole, and there is a label for each.
    public init(of features: [Float], width: Int, labels: [Int]) {
        precondition(
            width > 0 && features.count == labels.count * width, "features of \(labels.count) images")
        var means: [Float] = [], variances: [Float] = []
        let places = Dictionary(grouping: labels.indices) { labels[$0] }.sorted { $0.key < $1.key }
        for (_, images) in places {
            let count = Double(images.count)
            for column in 0..<width {
                let values = images.map { Double(features[$0 * width + column]) }
                let mean = values.reduce(0, +) / count
                means.append(Float(mean))
                variances.append(Float(values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count))
            }
        }
        self.init(
            labels: places.map(\.key), counts: places.map(\.value.count), width: width, means: means,
            variances: variances)
    }

    /// As many features of each class as it has images, drawn with Box and Muller's transform.
    ///
    /// - Parameter generator: draws, class by class.
    public func sample(
        using generator: inout RandomStream
    ) -> (features: [Float], labels: [Int64]) {
        var drawn: [Float] = [], labels: [Int64] = []
        for (place, label) in self.labels.enumerated() {
            for _ in 0..<counts[place] {
                labels.append(Int64(label))
                for column in place * width..<(place + 1) * width {
                    let deviation = Double(max(0, variances[column])).squareRoot()
                    drawn.append(means[column] + Float(deviation * generator.normal()))
                }
            }
        }
        return (drawn, labels)
    }
}

// MARK: - The wire

extension FeatureGaussians {
    /// A safetensors file with `labels` and `counts` (I32 `[N]`), `means` and `variances` (F16 `[N, width]`).
    public func encoded() -> [UInt8] {
        func halves(_ values: [Float]) -> Tensor { Tensor(values, shape: [labels.count, width]).halves }
        return Safetensors.encode([
            ("means", halves(means)), ("variances", halves(variances)), ("labels", .int32(labels)),
            ("counts", .int32(counts)),
        ])
    }

    /// The length of such a file.
    public static func encodedByteCount(classes: Int, width: Int) -> Int {
        Safetensors.encodedByteCount([
            .init(name: "means", shape: [classes, width], type: .float16),
            .init(name: "variances", shape: [classes, width], type: .float16),
            .init(name: "labels", shape: [classes], type: .int32),
            .init(name: "counts", shape: [classes], type: .int32),
        ])
    }

    /// - Throws: `SafetensorsError` where the bytes are no such file.
    public init(decoding bytes: [UInt8]) throws {
        let file = try SafetensorsFile(bytes: bytes, name: "statistics"), classes = try ClassTable(file)
        let means = try classes.rows(named: "means"), variances = try classes.rows(named: "variances")
        try file.require(
            "variances", [classes.labels.count, variances.width], is: [classes.labels.count, means.width])
        self.init(
            labels: classes.labels, counts: classes.counts, width: means.width, means: means.values,
            variances: variances.values)
    }
}
