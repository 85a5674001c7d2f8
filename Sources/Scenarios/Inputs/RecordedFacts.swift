import Models

/// What a log keeps of an input. It comes from a file, which somebody may have changed: numbers that no input
/// has are refused where they are read, since nothing further down looks again.
protocol RecordedFacts: Decodable {
    /// Whether an input can have these numbers.
    var isPossible: Bool { get }
}

/// Limits of numbers in facts, far above what any model has.
private enum FactLimit {
    static let operations = 0...1e18
    static let width = 1...1 << 24
    static let calls = 1...1000
}

extension FoundationProvider.Facts: RecordedFacts {
    var isPossible: Bool {
        [unet, decoder, textEncoder, encoder ?? 0].allSatisfy(FactLimit.operations.contains)
            && FactLimit.width.contains(tokenWidth ?? 1)
            && [guidedPasses ?? 2, callsPerStep ?? 1].allSatisfy(FactLimit.calls.contains)
            && (attention ?? []).allSatisfy {
                [$0.inputs, $0.outputs, $0.positions].allSatisfy(FactLimit.width.contains)
            }
    }
}

extension CaptionerProvider.Facts: RecordedFacts {
    var isPossible: Bool {
        [operationsPerImage, featureOperations ?? 0].allSatisfy(FactLimit.operations.contains)
            && FactLimit.width.contains(featureWidth ?? 1)
    }
}

extension SyntheticSetProvider.Facts: RecordedFacts {
    var isPossible: Bool { true }
}

extension FederatedData.Facts: RecordedFacts {
    /// Those of the training images are looked at by their decoder.
    var isPossible: Bool {
        testCount >= 0 && skippedCount >= 0 && (testOwners ?? []).allSatisfy { $0 >= 0 && $0 <= testCount }
    }
}

extension ScriptedModule.Facts: RecordedFacts {
    var isPossible: Bool {
        FactLimit.width.contains(classes) && FactLimit.width.contains(side)
            && FactLimit.operations.contains(Double(forwardOperations)) && names.count == shapes.count
            && shapes.allSatisfy { shape in
                var elements = 1
                return shape.allSatisfy { size in
                    let (product, isTooLarge) = elements.multipliedReportingOverflow(by: size)
                    elements = product
                    return size >= 0 && !isTooLarge && product <= 1 << 40
                }
            }
    }
}
