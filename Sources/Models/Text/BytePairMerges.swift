import Core

/// The merges of a byte-pair encoding: which neighbouring symbols become one, and in which order.
///
/// Source: Sennrich et al., "Neural machine translation of rare words with subword units", arXiv 1508.07909.
struct BytePairMerges: Sendable {
    /// Two neighbouring symbols.
    private struct Pair: Hashable {
        var left: Int32
        var right: Int32
    }

    /// What becomes of a pair, and how early.
    private struct Merge {
        var rank: Int
        var result: Int32
    }

    private var merges: [Pair: Merge] = [:]

    /// Whether there is none: then every byte stays a symbol of its own.
    var isEmpty: Bool { merges.isEmpty }

    /// The merges of a file, in its order.
    ///
    /// - Parameters:
    ///   - pairs: two symbols of `vocabulary` each, with the place that an error names.
    ///   - vocabulary: ids of the symbols, the unions included.
    /// - Throws: `FoundationModelError.malformedMerge`.
    init(_ pairs: some Sequence<(symbols: [String], place: Place)>, vocabulary: [String: Int32]) throws {
        for (rank, (parts, place)) in pairs.enumerated() {
            guard parts.count == 2, let left = vocabulary[parts[0]], let right = vocabulary[parts[1]],
                let result = vocabulary[parts[0] + parts[1]]
            else {
                throw FoundationModelError.malformedMerge(
                    path: place.path, line: place.line, text: String(parts.joined(separator: " ").prefix(60)))
            }
            let pair = Pair(left: left, right: right)
            if merges[pair] == nil { merges[pair] = Merge(rank: rank, result: result) }
        }
    }

    /// Where a merge stands: a line of `merges.txt`, or nil for `tokenizer.json`, whose lines are not kept.
    struct Place {
        let path: String
        let line: Int?
    }

    /// The pairs of `merges.txt`: a line each, two symbols with a space between them, after an optional first
    /// line with a version. Lines end as on any system.
    static func pairs(ofLines text: [UInt8], path: String) -> [(symbols: [String], place: Place)] {
        // A Swift Character may be several scalars, "\r\n" among them: so bytes are split.
        var lines: [ArraySlice<UInt8>] = []
        let text = UTF8Text.withoutMark(text)
        for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            let whole = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            lines += whole.split(separator: UInt8(ascii: "\r"), omittingEmptySubsequences: false)
        }
        return lines.enumerated().compactMap { index, line in
            if line.isEmpty || index == 0 && line.starts(with: Array("#version".utf8)) { return nil }
            let symbols = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            return (symbols.map { String(decoding: $0, as: UTF8.self) }, Place(path: path, line: index + 1))
        }
    }

    /// The symbols of one word after all merges: the earliest merge that is possible, all its occurrences
    /// from the left, until none is possible.
    ///
    /// - Complexity: O(n · m) for n symbols and m merges among them.
    func merged(_ word: [Int32]) -> [Int32] {
        var symbols = word
        while symbols.count > 1 {
            var best: (pair: Pair, merge: Merge)?
            for index in 0..<symbols.count - 1 {
                let pair = Pair(left: symbols[index], right: symbols[index + 1])
                if let merge = merges[pair], merge.rank < best?.merge.rank ?? .max { best = (pair, merge) }
            }
            guard let best else { break }
            symbols = Self.replacing(best.pair, with: best.merge.result, in: symbols)
        }
        return symbols
    }

    /// All occurrences of `pair`, from the left, as one symbol.
    private static func replacing(_ pair: Pair, with result: Int32, in symbols: [Int32]) -> [Int32] {
        var output: [Int32] = []
        output.reserveCapacity(symbols.count)
        var index = 0
        while index < symbols.count {
            if index + 1 < symbols.count, symbols[index] == pair.left, symbols[index + 1] == pair.right {
                output.append(result)
                index += 2
            } else {
                output.append(symbols[index])
                index += 1
            }
        }
        return output
    }
}
