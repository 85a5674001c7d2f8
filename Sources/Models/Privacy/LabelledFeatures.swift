/// Features of images with their labels, as they are kept and sent.
public struct LabelledFeatures: Sendable, Hashable {
    /// How many features an image has.
    public let width: Int
    /// `[N, width]`, row by row.
    public let values: [Float]
    public let labels: [Int]

    /// - Precondition: rows are whole, with a label each.
    public init(width: Int, values: [Float], labels: [Int]) {
        precondition(width > 0 && values.count == labels.count * width, "features of \(labels.count) images")
        self.width = width
        self.values = values
        self.labels = labels
    }

    /// A safetensors file with `labels` (I32 `[N]`) and `features` (F16 or F32 `[N, width]`).
    public func encoded(as type: ElementType) -> [UInt8] {
        let features = Tensor(values, shape: [labels.count, width])
        return Safetensors.encode([
            ("features", type == .float16 ? features.halves : features.to(type)), ("labels", .int32(labels)),
        ])
    }

    /// The length of such a file.
    public static func encodedByteCount(images: Int, width: Int, as type: ElementType) -> Int {
        Safetensors.encodedByteCount([
            .init(name: "features", shape: [images, width], type: type),
            .init(name: "labels", shape: [images], type: .int32),
        ])
    }

    /// - Throws: `SafetensorsError` where the bytes are no such file.
    public init(decoding bytes: [UInt8]) throws {
        let file = try SafetensorsFile(bytes: bytes, name: "features")
        let features = try file.tensor(named: "features")
        let labels = try file.tensor(named: "labels").integers.map(Int.init)
        let width = features.shape.last ?? 0
        try file.require("features", features.shape, is: [labels.count, max(1, width)])
        self.init(width: width, values: features.to(.float32).floats, labels: labels)
    }
}
