import Foundation

/// Solves systems with one symmetric positive definite matrix by its Cholesky decomposition, A = L Lᵀ.
struct CholeskySolver {
    /// L, row by row, `[size, size]`; what is above the diagonal is not used.
    private let lower: [Double]
    private let size: Int

    /// - Parameters:
    ///   - triangle: the upper triangle of A, row by row.
    ///   - size: rows of A.
    /// - Returns: `nil` where the matrix is not positive definite.
    init?(_ triangle: [Double], size: Int) {
        var lower = [Double](repeating: 0, count: size * size)
        let isDefinite = lower.withUnsafeMutableBufferPointer { lower in
            var place = 0
            for row in 0..<size {
                for column in row..<size {
                    lower[column * size + row] = triangle[place]
                    place += 1
                }
            }
            let largest = (0..<size).reduce(0) { max($0, abs(lower[$1 * size + $1])) }
            for column in 0..<size {
                var pivot = lower[column * size + column]
                for k in 0..<column { pivot -= lower[column * size + k] * lower[column * size + k] }
                // A pivot that is rounding error alone says nothing.
                guard pivot.isFinite, pivot > largest * 1e-13 else { return false }
                let root = pivot.squareRoot()
                lower[column * size + column] = root
                for row in column + 1..<max(column + 1, size) {
                    var value = lower[row * size + column]
                    for k in 0..<column { value -= lower[row * size + k] * lower[column * size + k] }
                    lower[row * size + column] = value / root
                }
            }
            return true
        }
        guard isDefinite else { return nil }
        self.lower = lower
        self.size = size
    }

    /// x of A x = `right`.
    func solution(_ right: [Double]) -> [Double] {
        var x = right
        for row in 0..<size {
            for k in 0..<row { x[row] -= lower[row * size + k] * x[k] }
            x[row] /= lower[row * size + row]
        }
        for row in (0..<size).reversed() {
            for k in row + 1..<max(row + 1, size) { x[row] -= lower[k * size + row] * x[k] }
            x[row] /= lower[row * size + row]
        }
        return x
    }

    /// ½ log |A| = Σ log Lᵢᵢ.
    var halfLogarithm: Double { (0..<size).reduce(0) { $0 + log(lower[$1 * size + $1]) } }

    /// The lower triangle of L⁻¹, row by row: A⁻¹ = L⁻ᵀ L⁻¹.
    func inverseRoot() -> [Double] {
        var inverse = [Double](repeating: 0, count: size * size)
        for column in 0..<size {
            for row in column..<size {
                var value = row == column ? 1.0 : 0
                for k in column..<max(column, row) {
                    value -= lower[row * size + k] * inverse[k * size + column]
                }
                inverse[row * size + column] = value / lower[row * size + row]
            }
        }
        return (0..<size).flatMap { inverse[$0 * size...$0 * size + $0] }
    }
}
