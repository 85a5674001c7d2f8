import Foundation

/// The JSON of a header as it stands there.
struct HeaderDocument: Decodable {
    struct Tensor: Decodable {
        let type: String
        let shape: [Int]
        let offsets: [Int]
        /// Members in the file, those without a meaning included.
        let memberCount: Int

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            type = try container.decode(String.self, forKey: Key(stringValue: "dtype"))
            shape = try container.decode([Int].self, forKey: Key(stringValue: "shape"))
            offsets = try container.decode([Int].self, forKey: Key(stringValue: "data_offsets"))
            memberCount = container.allKeys.count
        }
    }

    struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    static let metadataName = "__metadata__"

    let tensors: [String: Tensor]
    let metadata: [String: String]
    /// Members of this object and of those directly inside it.
    let memberCount: Int

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        var tensors: [String: Tensor] = [:], metadata: [String: String] = [:]
        var members = 0
        for key in container.allKeys {
            members += 1
            if key.stringValue == Self.metadataName {
                metadata = try container.decode([String: String].self, forKey: key)
                members += metadata.count
            } else {
                let tensor = try container.decode(Tensor.self, forKey: key)
                tensors[key.stringValue] = tensor
                members += tensor.memberCount
            }
        }
        (self.tensors, self.metadata, memberCount) = (tensors, metadata, members)
    }
}
