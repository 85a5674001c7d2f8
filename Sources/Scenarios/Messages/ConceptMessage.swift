import Models

/// What a client of FedBiP uploads: vectors of its domain and of its classes, and noised latents of each
/// class.
///
/// A safetensors file with `domain` (F16 or F32 `[width]`), `categories` (of the same type, `[P, width]`),
/// `labels` and `counts` (I32 `[P]`), and `latents` (of the same type, `[N, C, h, w]`): `counts` of the
/// first label, then of the next.
package struct ConceptMessage: Sendable, Hashable {
    /// S.
    package let domain: [Float]
    /// V of each class.
    package let categories: [[Float]]
    /// The label of each class.
    package let labels: [Int]
    /// The latents of each class, one after the other.
    package let latents: [[Float]]
    /// Channels, height and width of a latent.
    package let shape: [Int]

    private var size: Int { shape.reduce(1, *) }

    /// - Precondition: there is a class, each with vectors as wide as the domain's and whole latents.
    package init(domain: [Float], categories: [[Float]], labels: [Int], latents: [[Float]], shape: [Int]) {
        precondition(
            !labels.isEmpty && labels.count == categories.count && labels.count == latents.count
                && categories.allSatisfy { $0.count == domain.count },
            "a concept of \(labels.count) classes")
        self.domain = domain
        self.categories = categories
        self.labels = labels
        self.latents = latents
        self.shape = shape
        precondition(latents.allSatisfy { $0.count % size == 0 && !$0.isEmpty }, "latents that are not whole")
    }

    /// The bytes that travel.
    package func encoded(as precision: Scenario.EmbeddingPrecision) -> [UInt8] {
        let counts = latents.map { $0.count / size }
        let tensors = [
            ("domain", Tensor(domain)),
            ("categories", Tensor(categories.flatMap(\.self), shape: [labels.count, domain.count])),
            ("latents", Tensor(latents.flatMap(\.self), shape: [counts.reduce(0, +)] + shape)),
        ].map { ($0, precision.rounded($1)) }
        return Safetensors.encode(tensors + [("labels", .int32(labels)), ("counts", .int32(counts))])
    }

    /// The length of such a message.
    package static func encodedByteCount(
        classes: Int, images: Int, width: Int, shape: [Int], as precision: Scenario.EmbeddingPrecision
    ) -> Int {
        let type = precision.elementType
        return Safetensors.encodedByteCount([
            .init(name: "domain", shape: [width], type: type),
            .init(name: "categories", shape: [classes, width], type: type),
            .init(name: "latents", shape: [images] + shape, type: type),
            .init(name: "labels", shape: [classes], type: .int32),
            .init(name: "counts", shape: [classes], type: .int32),
        ])
    }

    /// The concept in a message.
    ///
    /// - Throws: `FederationError.malformedConcept` where the bytes are no such message.
    package init(decoding bytes: [UInt8]) throws {
        let file: SafetensorsFile
        do { file = try SafetensorsFile(bytes: bytes) } catch {
            throw FederationError.malformedConcept(reason: "\(error)")
        }
        guard let vectors = file.shape(of: "categories"), vectors.count == 2, vectors.allSatisfy({ $0 > 0 }),
            let latents = file.shape(of: "latents"), latents.count == 4, latents.allSatisfy({ $0 > 0 }),
            let type = file.elementType(of: "domain"), [.float16, .float32].contains(type),
            ["categories", "latents"].allSatisfy({ file.elementType(of: $0) == type }),
            file.shape(of: "domain") == [vectors[1]],
            ["labels", "counts"].allSatisfy({
                file.shape(of: $0) == [vectors[0]] && file.elementType(of: $0) == .int32
            })
        else { throw FederationError.malformedConcept(reason: "it holds \(file.listing)") }
        let domain = try file.tensor(named: "domain").floats
        let categories = try file.tensor(named: "categories").floats
        let values = try file.tensor(named: "latents").floats
        let labels = try file.tensor(named: "labels").integers
        let counts = try file.tensor(named: "counts").integers
        guard labels.allSatisfy({ $0 >= 0 }), counts.allSatisfy({ $0 > 0 && $0 <= latents[0] }),
            counts.reduce(0, +) == latents[0], (domain + categories + values).allSatisfy(\.isFinite)
        else {
            throw FederationError.malformedConcept(
                reason:
                    "a label is negative, a count is not positive or not of the latents, or an element is no "
                    + "number")
        }
        let size = latents[1...].reduce(1, *), width = vectors[1]
        var parts: [[Float]] = [], start = 0
        for count in counts {
            parts.append(Array(values[start..<start + Int(count) * size]))
            start += Int(count) * size
        }
        self.init(
            domain: domain,
            categories: labels.indices.map { Array(categories[$0 * width..<($0 + 1) * width]) },
            labels: labels.map(Int.init), latents: parts, shape: Array(latents[1...]))
    }

    /// The latents of a label in their order, each with the vector of its class.
    ///
    /// - Throws: `FederationError.malformedConcept` where there are none.
    package func latents(of label: Int) throws -> [(latent: ArraySlice<Float>, category: [Float])] {
        let found = labels.indices.filter { labels[$0] == label }.flatMap { place in
            stride(from: 0, to: latents[place].count, by: size).map {
                (latents[place][$0..<$0 + size], categories[place])
            }
        }
        guard !found.isEmpty else {
            throw FederationError.malformedConcept(reason: "there is no latent of the label \(label)")
        }
        return found
    }
}
