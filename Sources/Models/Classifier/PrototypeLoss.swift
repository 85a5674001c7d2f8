/// What a method adds to the loss of a training, of the features before the last layer.
public protocol FeatureLoss {
    /// The weighted loss of a batch.
    ///
    /// - Parameters:
    ///   - features: of the model that is trained, `[N, width]`.
    ///   - pixels: `[N, 3, side, side]`.
    ///   - labels: int64 `[N]`.
    func loss(of features: Tensor, _ pixels: Tensor, _ labels: Tensor) -> Tensor
}

/// What FedProto adds: the mean squared distance of features from the prototypes of their classes.
///
/// Tan et al., "FedProto: Federated Prototype Learning across Heterogeneous Clients",
/// https://arxiv.org/abs/2105.00243, equation 7, with the squared distance and the mean of the authors' code.
public struct PrototypeLoss: FeatureLoss {
    /// Prototypes by class, `[classes, width]`; zero where there is none.
    private let table: Tensor
    /// 1 for classes that have a prototype, otherwise 0, `[classes, 1]`.
    private let mask: Tensor
    private let weight: Double

    /// - Parameters:
    ///   - prototypes: those of the server.
    ///   - classes: how many classes there are.
    ///   - weight: λ.
    public init(_ prototypes: ClassPrototypes, classes: Int, weight: Double) {
        var values = [Float](repeating: 0, count: classes * prototypes.width)
        var mask = [Float](repeating: 0, count: classes)
        for (label, vector) in zip(prototypes.labels, prototypes.vectors) {
            mask[label] = 1
            values.replaceSubrange(label * prototypes.width..<(label + 1) * prototypes.width, with: vector)
        }
        table = Tensor(values, shape: [classes, prototypes.width])
        self.mask = Tensor(mask, shape: [classes, 1])
        self.weight = weight
    }

    public func loss(of features: Tensor, _ pixels: Tensor, _ labels: Tensor) -> Tensor {
        let difference = (features - table.select(labels)) * mask.select(labels)
        return (difference * difference).mean() * weight
    }
}

/// The mean features of the classes of some images.
public struct ClassPrototypes: Sendable, Hashable {
    /// The classes, ascending.
    public let labels: [Int]
    /// How many images each mean is of.
    public let counts: [Int]
    /// The means, each as wide as the features.
    public let vectors: [[Float]]
    /// The width of the features; 0 where there is no class.
    public var width: Int { vectors.first?.count ?? 0 }

    /// - Precondition: the lists are equally long and the vectors equally wide.
    public init(labels: [Int], counts: [Int], vectors: [[Float]]) {
        precondition(
            labels.count == counts.count && labels.count == vectors.count, "prototypes of no classes")
        precondition(Set(vectors.map(\.count)).count <= 1, "prototypes of several widths")
        self.labels = labels
        self.counts = counts
        self.vectors = vectors
    }

    /// The mean of several clients' prototypes, class by class, weighted by their numbers of images.
    public static func mean(of all: [ClassPrototypes]) -> ClassPrototypes {
        let labels = Set(all.flatMap(\.labels)).sorted()
        var counts: [Int] = [], vectors: [[Float]] = []
        for label in labels {
            var sum: [Double] = [], count = 0
            for prototypes in all {
                guard let place = prototypes.labels.firstIndex(of: label) else { continue }
                if sum.isEmpty { sum = [Double](repeating: 0, count: prototypes.width) }
                let weight = Double(prototypes.counts[place])
                for (index, value) in prototypes.vectors[place].enumerated() {
                    sum[index] += weight * Double(value)
                }
                count += prototypes.counts[place]
            }
            counts.append(count)
            vectors.append(sum.map { Float($0 / Double(max(1, count))) })
        }
        return ClassPrototypes(labels: labels, counts: counts, vectors: vectors)
    }

    /// A safetensors file with `labels` and `counts` (I32 `[N]`) and `prototypes` (F32 `[N, width]`).
    public func encoded() -> [UInt8] {
        Safetensors.encode([
            ("prototypes", Tensor(vectors.flatMap(\.self), shape: [labels.count, width])),
            ("labels", .int32(labels)), ("counts", .int32(counts)),
        ])
    }

    /// The length of such a file.
    public static func encodedByteCount(classes: Int, width: Int) -> Int {
        Safetensors.encodedByteCount([
            .init(name: "prototypes", shape: [classes, classes > 0 ? width : 0], type: .float32),
            .init(name: "labels", shape: [classes], type: .int32),
            .init(name: "counts", shape: [classes], type: .int32),
        ])
    }

    /// - Throws: `SafetensorsError` where the bytes are no such file.
    public init(decoding bytes: [UInt8]) throws {
        let classes = try ClassTable(SafetensorsFile(bytes: bytes, name: "prototypes"))
        let (values, width) = try classes.rows(named: "prototypes")
        self.init(
            labels: classes.labels, counts: classes.counts,
            vectors: classes.labels.indices.map { Array(values[$0 * width..<($0 + 1) * width]) })
    }
}

extension Classifier {
    /// The prototypes of some images of a set, not augmented.
    ///
    /// - Throws: `CancellationError` where `isCancelled` said so.
    /// - Precondition: it is no TorchScript module.
    public func prototypes(
        of images: ImageSet, at indices: [Int], isCancelled: () -> Bool = { false }
    ) throws -> ClassPrototypes {
        let features = try features(of: images, at: indices, isCancelled: isCancelled)
        let width = network.featureCount
        let places = Dictionary(grouping: indices.indices) { Int(images.labels[indices[$0]]) }
            .sorted { $0.key < $1.key }
        return ClassPrototypes(
            labels: places.map(\.key), counts: places.map(\.value.count),
            vectors: places.map { _, places in
                (0..<width).map { column in
                    let sum = places.reduce(0.0) { $0 + Double(features[$1 * width + column]) }
                    return Float(sum / Double(places.count))
                }
            })
    }
}
