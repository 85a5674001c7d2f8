/// The arithmetic mean.
public func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
}

/// The variance of the sample around its mean.
public func variance(_ values: [Double]) -> Double {
    let center = mean(values)
    return values.map { ($0 - center) * ($0 - center) }.reduce(0, +) / Double(values.count)
}
