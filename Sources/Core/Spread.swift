/// Mean and sample standard deviation of some values, such as those of several seeds.
package struct Spread: Sendable, Hashable {
    /// Their sum over their number.
    package let mean: Double
    /// The sample standard deviation, whose divisor is one less than the number of values; `nil` for fewer
    /// than two.
    package let deviation: Double?

    /// Mean and deviation of values.
    ///
    /// - Precondition: there is a value.
    package init(_ values: [Double]) {
        precondition(!values.isEmpty, "a mean of nothing")
        let mean = values.reduce(0, +) / Double(values.count)
        self.mean = mean
        deviation =
            values.count < 2
            ? nil
            : (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
    }
}
