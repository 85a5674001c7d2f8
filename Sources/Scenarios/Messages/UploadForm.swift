import Models

/// How uploaded weights are written.
package struct UploadForm: Sendable, Hashable {
    /// The lossy form; `nil` for the state itself.
    package let codec: UpdateCodec?
    /// Zstandard's level; `nil` without it.
    package let zstdLevel: Int?

    package init(codec: UpdateCodec? = nil, zstdLevel: Int? = nil) {
        self.codec = codec
        self.zstdLevel = zstdLevel
    }

    /// The state itself.
    static let plain = UploadForm()

    var isPlain: Bool { self == .plain }
}

extension Scenario {
    /// How clients write the weights they upload.
    var uploadForm: UploadForm {
        UploadForm(codec: compression.codec, zstdLevel: compression.zstd ? compression.level : nil)
    }
}

extension UploadForm {
    /// Floating-point operations for each parameter, counted coarsely: a few for the codecs, twenty a byte
    /// for Zstandard.
    var operations: Double {
        let (operations, bytes): (Double, Double) =
            switch codec {
            case nil: (0, 4)
            case .float16: (2, 2)
            case .int8: (6, 1)
            case .topK(let fraction): (8, 8 * fraction)
            }
        return operations + (zstdLevel == nil ? 0 : 20 * bytes)
    }

    /// Whether a seed decides about what is written.
    var isRandom: Bool { if case .int8 = codec { true } else { false } }
}

/// `{"codec":"int8","bucket":1024,"zstd":3}`: what is not used is left out.
extension UploadForm: Codable {
    private enum CodingKeys: String, CodingKey { case codec, bucket, fraction, zstd }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        zstdLevel = try container.decodeIfPresent(Int.self, forKey: .zstd)
        switch try container.decodeIfPresent(String.self, forKey: .codec) {
        case nil: codec = nil
        case "fp16": codec = .float16
        case "int8": codec = .int8(bucket: try container.decode(Int.self, forKey: .bucket))
        case "top-k": codec = .topK(fraction: try container.decode(Double.self, forKey: .fraction))
        case let name?:
            throw DecodingError.dataCorruptedError(
                forKey: .codec, in: container, debugDescription: "no codec \(name)")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(zstdLevel, forKey: .zstd)
        switch codec {
        case nil: break
        case .float16:
            try container.encode("fp16", forKey: .codec)
        case .int8(let bucket):
            try container.encode("int8", forKey: .codec)
            try container.encode(bucket, forKey: .bucket)
        case .topK(let fraction):
            try container.encode("top-k", forKey: .codec)
            try container.encode(fraction, forKey: .fraction)
        }
    }
}
