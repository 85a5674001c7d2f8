import Core
import Models
import Simulator

/// A training set that the server has made from prompts.
public struct SyntheticSet: Sendable {
    /// The images, as work names them.
    let content: SyntheticImages
    /// The prompts of the images.
    let captions: [String]
    /// Where the noise of each image came from, `[N]`; empty for a set that was read.
    public let seeds: [UInt64]
    /// The hash of the images with their labels, classes and prompts.
    let sha256: String
    /// The hash that version 0.1 had for these pixels, under which a file may hold samples of them.
    let formerSHA256: String

    init(_ content: SyntheticImages, captions: [String], seeds: [UInt64], formerSHA256: String) {
        self.content = content
        self.captions = captions
        self.seeds = seeds
        self.formerSHA256 = formerSHA256
        sha256 = CanonicalText.sha256(
            kind: "synthetic-set", version: 2, Identity(images: content, captions: Self.runs(of: captions)))
    }

    /// How many images there are.
    public var count: Int { content.count }

    /// The images, labelled by their prompts, which are their captions.
    ///
    /// - Throws: the file system's error where they are in files that cannot be read.
    public func images() throws -> ImageSet {
        try content.images(captions: captions) { try $0.load() }
    }

    private struct Identity: Encodable {
        let images: SyntheticImages
        let captions: [Caption]

        enum CodingKeys: String, CodingKey { case images, captions }
    }

    /// Images in a row with one caption.
    private struct Caption: Encodable {
        let text: String
        var count: Int

        enum CodingKeys: String, CodingKey { case text, count }
    }

    private static func runs(of captions: [String]) -> [Caption] {
        var runs: [Caption] = []
        for text in captions {
            if runs.last?.text == text {
                runs[runs.count - 1].count += 1
            } else {
                runs.append(Caption(text: text, count: 1))
            }
        }
        return runs
    }
}

/// How the images of a label are shared among its prompts.
package enum SynthesisShare {
    /// `total` in proportion to `weights`, whole numbers that are at most one off.
    ///
    /// The middle of each of `total` equal pieces of the row of weights falls on one of them (systematic
    /// sampling): so where there are more prompts than images, those that get one are spread over all.
    package static func counts(weights: [Int], total: Int) -> [Int] {
        let sum = weights.reduce(0, +)
        precondition(sum > 0 && weights.allSatisfy { $0 >= 0 } && total >= 0, "\(weights) share \(total)")
        var counts = [Int](repeating: 0, count: weights.count)
        var index = 0, end = weights[0]
        for piece in 0..<total {
            // (piece + 1/2) · sum / total < end, in whole numbers.
            while (2 * piece + 1) * sum >= 2 * total * end {
                index += 1
                end += weights[index]
            }
            counts[index] += 1
        }
        return counts
    }
}
