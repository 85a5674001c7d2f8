extension Double {
    /// The same number; one not-a-number for all of them, whose sign and payload differ between processors.
    var canonical: Double { isNaN ? .nan : self }
}

extension SafetensorsFile {
    /// The first tensor, in the order of the file, with an element that is infinite or not a number.
    ///
    /// - Complexity: One pass over the elements.
    public var firstNotFinite: String? {
        declarations.first { declaration in
            declaration.type.isFloatingPoint
                && (try? withTensor(named: declaration.name) { $0.firstNotFinite != nil }) == true
        }?.name
    }
}
