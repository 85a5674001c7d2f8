import Foundation

/// The quadratic classifier that follows from the mean and the covariance of each class in closed form.
///
/// Classes are taken to be normal with means μⱼ and covariances Σⱼ of their own. The logit of class j is then
/// log Nⱼ / N − ½ log |Σⱼ| − ½ (x − μⱼ)ᵀ Σⱼ⁻¹ (x − μⱼ): of the heads of Turazza, Picone and Mamei,
/// https://arxiv.org/abs/2602.01186, the one with full covariances (quadratic discriminant analysis) and the
/// one with diagonal covariances (naive Bayes).
public enum QuadraticDiscriminant {
    /// The head of the images of several clients.
    ///
    /// Computed in double precision. Σⱼ is shrunk to (1 − s) Σⱼ + s v I, where v is the mean variance within
    /// classes, which all have in common: a class with one image has a head, too. Where a covariance has no
    /// inverse, the elements of its class are not-a-number.
    ///
    /// - Parameters:
    ///   - statistics: those of each client.
    ///   - classes: how many logits there are.
    ///   - shrinkage: s, in `0...1`.
    /// - Precondition: there are statistics, all of one form and width, of labels below `classes`.
    public static func head(of statistics: [ClassMoments], classes: Int, shrinkage: Double) -> QuadraticHead {
        guard let first = statistics.first else { preconditionFailure("a head of no statistics") }
        precondition(
            statistics.allSatisfy {
                $0.width == first.width && $0.form == first.form
                    && $0.labels.allSatisfy((0..<classes).contains)
            }, "statistics of several widths or forms, or of more classes than \(classes)")
        let all = (0..<classes).map { ClassTotal(of: $0, in: statistics, first.form, width: first.width) }
        let count = all.reduce(0) { $0 + $1.count }
        // As many images as classes have no variance within them.
        let freedom = max(1, count - Double(all.count { $0.count > 0 }))
        let variance = all.reduce(0) { $0 + $1.spread } / freedom / Double(first.width)
        var means: [Float] = [], roots: [Float] = [], bias: [Float] = []
        for total in all {
            let density = total.density(shrinkage: shrinkage, to: variance)
            means += total.mean.map(Float.init)
            roots += density.root.map(Float.init)
            bias.append(
                total.count > 0
                    ? Float(log(total.count / count) - density.halfLogarithm) : QuadraticHead.absentBias)
        }
        return QuadraticHead(
            first.form, classes: classes, width: first.width, means: means, roots: roots, bias: bias)
    }

    /// Floating-point operations of a head, counted coarsely: the sums, and of each class the decomposition
    /// and the inverse of its triangle.
    public static func operations(
        _ form: ClassMoments.Form, clients: Int, classes: Int, width: Int
    ) -> Double {
        let sums = Double(clients * classes) * Double(form.count(width: width)), width = Double(width)
        return sums + Double(classes) * (form == .products ? 2 * width * width * width / 3 : 4 * width)
    }
}

/// The sums of a class over all clients.
private struct ClassTotal {
    let form: ClassMoments.Form
    let count: Double
    let mean: [Double]
    /// Σ (x − μ)(x − μ)ᵀ: its upper triangle or its diagonal.
    let scatter: [Double]

    init(of label: Int, in statistics: [ClassMoments], _ form: ClassMoments.Form, width: Int) {
        let size = form.count(width: width)
        var count = 0.0, sum = [Double](repeating: 0, count: width)
        var moments = [Double](repeating: 0, count: size)
        for one in statistics {
            guard let place = one.labels.firstIndex(of: label) else { continue }
            count += Double(one.counts[place])
            for column in 0..<width { sum[column] += Double(one.sums[place * width + column]) }
            for index in 0..<size { moments[index] += Double(one.moments[place * size + index]) }
        }
        self.form = form
        self.count = count
        let mean = sum.map { count > 0 ? $0 / count : 0 }
        var index = 0
        for row in 0..<width {
            for column in row..<(form == .products ? width : row + 1) {
                moments[index] -= sum[row] * mean[column]
                index += 1
            }
        }
        self.mean = mean
        scatter = moments
    }

    /// Where the diagonal's elements lie.
    private var diagonal: [Int] {
        guard form == .products else { return Array(scatter.indices) }
        var place = 0
        return mean.indices.map { row in
            defer { place += mean.count - row }
            return place
        }
    }

    /// The sum of squared distances to the mean, over all features.
    var spread: Double { diagonal.reduce(0) { $0 + scatter[$1] } }

    /// R with Rᵀ R = Σ⁻¹, and ½ log |Σ|, of the shrunk covariance.
    func density(shrinkage: Double, to variance: Double) -> (root: [Double], halfLogarithm: Double) {
        guard count > 0 else { return ([Double](repeating: 0, count: scatter.count), 0) }
        var matrix = scatter.map { $0 * (1 - shrinkage) / max(1, count - 1) }
        for place in diagonal { matrix[place] += shrinkage * variance }
        switch form {
        case .squares:
            let isDefinite = matrix.allSatisfy { $0 > 0 && $0.isFinite }
            let root = matrix.map { isDefinite ? 1 / $0.squareRoot() : .nan }
            return (root, matrix.reduce(0) { $0 + log($1) } / 2)
        case .products:
            guard let solver = CholeskySolver(matrix, size: mean.count) else {
                return ([Double](repeating: .nan, count: scatter.count), .nan)
            }
            return (solver.inverseRoot(), solver.halfLogarithm)
        }
    }
}
