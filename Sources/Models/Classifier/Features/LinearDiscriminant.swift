import Foundation

/// The linear classifier that follows from class means and one covariance in closed form.
///
/// Classes are taken to be normal with means μⱼ and the common covariance Σ. The logit of class j is then
/// xᵀ Σ⁻¹ μⱼ − ½ μⱼᵀ Σ⁻¹ μⱼ + log Nⱼ / N: FedCGS, https://arxiv.org/abs/2503.06962, and the head GH-LDA of
/// Turazza, Picone and Mamei, https://arxiv.org/abs/2602.01186.
public enum LinearDiscriminant {
    /// Which covariance the classes have in common.
    public enum Covariance: String, Sendable, CaseIterable, Codable {
        /// Around the mean of all images, (B − N μ μᵀ) / (N − 1): FedCGS.
        case global
        /// Around the mean of each image's class, (B − Σ Nⱼ μⱼ μⱼᵀ) / (N − K): GH-LDA.
        case within
    }

    /// The bias of a class of which there is no image: it is never chosen, and its loss is a number.
    static let absentBias: Float = -1e4

    /// The head of the images of several clients.
    ///
    /// Computed in double precision. Where the covariance has no inverse, as without shrinkage of fewer
    /// images than features, all elements are not-a-number.
    ///
    /// - Parameters:
    ///   - statistics: those of each client.
    ///   - classes: how many logits there are.
    ///   - covariance: which.
    ///   - shrinkage: s of (1 − s) Σ + s (tr Σ / width) I, in `0...1`.
    /// - Precondition: there are statistics, all of one width, of labels below `classes`.
    public static func head(
        of statistics: [FeatureStatistics], classes: Int, covariance: Covariance, shrinkage: Double
    ) -> LinearHead {
        guard let width = statistics.first?.width else { preconditionFailure("a head of no statistics") }
        precondition(
            statistics.allSatisfy { $0.width == width && $0.labels.allSatisfy((0..<classes).contains) },
            "statistics of several widths or of more classes than \(classes)")
        var totals = Totals(classes: classes, width: width)
        for one in statistics { totals.add(one) }
        let matrix = totals.covariance(covariance, shrinkage: shrinkage)
        let solver = CholeskySolver(matrix, size: width)
        var weights: [Float] = [], bias: [Float] = []
        for label in 0..<classes {
            guard totals.counts[label] > 0 else {
                weights += [Float](repeating: 0, count: width)
                bias.append(absentBias)
                continue
            }
            let mean = totals.mean(of: label)
            let row = solver?.solution(mean) ?? [Double](repeating: .nan, count: width)
            weights += row.map(Float.init)
            let prior = log(totals.counts[label] / totals.count)
            bias.append(Float(prior - zip(mean, row).reduce(0) { $0 + $1.0 * $1.1 } / 2))
        }
        return LinearHead(classes: classes, width: width, weights: weights, bias: bias)
    }

    /// Floating-point operations of a head, counted coarsely: the sums, the decomposition, and two triangular
    /// systems for each class.
    public static func operations(clients: Int, classes: Int, width: Int) -> Double {
        let width = Double(width)
        return Double(clients) * width * width / 2 + width * width * width / 3
            + 2 * Double(classes) * width * width
    }
}

/// Sums over all clients.
private struct Totals {
    let width: Int
    var counts: [Double]
    private var sums: [[Double]]
    private var products: [Double]

    init(classes: Int, width: Int) {
        self.width = width
        counts = [Double](repeating: 0, count: classes)
        sums = Array(repeating: [Double](repeating: 0, count: width), count: classes)
        products = [Double](repeating: 0, count: FeatureStatistics.triangle(width))
    }

    var count: Double { counts.reduce(0, +) }

    mutating func add(_ statistics: FeatureStatistics) {
        for (place, label) in statistics.labels.enumerated() {
            counts[label] += Double(statistics.counts[place])
            for column in 0..<width {
                sums[label][column] += Double(statistics.sums[place * width + column])
            }
        }
        for (place, value) in statistics.products.enumerated() { products[place] += Double(value) }
    }

    func mean(of label: Int) -> [Double] { sums[label].map { $0 / counts[label] } }

    /// The upper triangle of the shrunk covariance.
    func covariance(_ kind: LinearDiscriminant.Covariance, shrinkage: Double) -> [Double] {
        // Sums whose outer products, divided by their counts, are taken off the products.
        let (centres, freedom): ([(sum: [Double], count: Double)], Double)
        let held = counts.indices.filter { counts[$0] > 0 }
        switch kind {
        case .global:
            let sum = (0..<width).map { column in held.reduce(0) { $0 + sums[$1][column] } }
            (centres, freedom) = ([(sum, count)], count - 1)
        case .within:
            (centres, freedom) = (held.map { (sums[$0], counts[$0]) }, count - Double(held.count))
        }
        var matrix = products
        for (sum, count) in centres where count > 0 {
            var place = 0
            for first in 0..<width {
                let factor = sum[first] / count
                for second in first..<width {
                    matrix[place] -= factor * sum[second]
                    place += 1
                }
            }
        }
        // As many images as classes have no variance within them; the shape is what counts then.
        let scale = (1 - shrinkage) / max(1, freedom)
        var diagonal = 0, trace = 0.0
        for row in 0..<width {
            trace += matrix[diagonal] / max(1, freedom)
            diagonal += width - row
        }
        matrix = matrix.map { $0 * scale }
        diagonal = 0
        for row in 0..<width {
            matrix[diagonal] += shrinkage * trace / Double(width)
            diagonal += width - row
        }
        return matrix
    }
}
