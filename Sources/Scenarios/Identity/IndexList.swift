/// Indices of images, written as one text: `0-4,7,7,9-12`.
///
/// Neighbours that follow each other by one are a range with both ends. The order and repetitions are kept.
/// The text is made once and kept, since the work of every round names it.
package struct IndexList: Sendable, Hashable {
    /// The indices.
    package let indices: [Int]
    /// The text.
    let text: String

    package init(_ indices: [Int]) {
        self.indices = indices
        text = Self.text(of: indices)
    }

    /// How many there are.
    var count: Int { indices.count }

    private static func text(of indices: [Int]) -> String {
        var text = ""
        var start = 0
        while start < indices.count {
            var end = start
            while end + 1 < indices.count, indices[end + 1] == indices[end] + 1 { end += 1 }
            if !text.isEmpty { text += "," }
            text += String(indices[start])
            if end > start { text += "-" + String(indices[end]) }
            start = end + 1
        }
        return text
    }

    /// The indices of a text; `nil` where it is not of this form or names more than 2²⁸.
    init?(text: String) {
        var indices: [Int] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) where !text.isEmpty {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count <= 2, let first = Int(ends[0]), let last = Int(ends[ends.count - 1]), first >= 0,
                last >= first, last - first < 1 << 28, indices.count + last - first < 1 << 28
            else { return nil }
            indices += first...last
        }
        self.init(indices)
    }
}

extension IndexList: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let list = IndexList(text: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not indices of images")
        }
        self = list
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
