import Core

/// Votes of private images for the candidates that are nearest to them, and the parents that are drawn from
/// noisy votes: Private Evolution.
///
/// Lin et al., "Differentially Private Synthetic Data via Foundation Model APIs 1: Images",
/// https://arxiv.org/abs/2305.15560, algorithms 1 and 2. Each private image has one vote, so that a histogram
/// of votes changes by at most 1 in one place where an image is added or removed.
public enum CandidateVotes {
    /// For each candidate the number of images that are nearest to it among the candidates of their label, by
    /// Euclidean distance of features; of equally near ones, the first. Images of labels without candidates
    /// have no vote.
    ///
    /// - Parameters:
    ///   - images: features, `[N, width]`, row by row.
    ///   - labels: of the images.
    ///   - candidates: features, `[M, width]`, row by row.
    ///   - candidateLabels: of the candidates.
    ///   - width: how many features an image has.
    ///   - isCancelled: asked before each label.
    /// - Throws: `CancellationError` where `isCancelled` said so.
    /// - Precondition: rows are whole, with a label each.
    public static func count(
        of images: [Float], labels: [Int], among candidates: [Float], candidateLabels: [Int], width: Int,
        isCancelled: () -> Bool = { false }
    ) throws -> [Int] {
        precondition(
            width > 0 && images.count == labels.count * width
                && candidates.count == candidateLabels.count * width, "votes of \(labels.count) images")
        var votes = [Int](repeating: 0, count: candidateLabels.count)
        let places = Dictionary(grouping: candidateLabels.indices) { candidateLabels[$0] }
        let voters = Dictionary(grouping: labels.indices) { labels[$0] }.sorted { $0.key < $1.key }
        for (label, own) in voters {
            if isCancelled() { throw CancellationError() }
            guard let choices = places[label] else { continue }
            for image in own {
                let nearest = nearest(
                    to: images[image * width..<(image + 1) * width], among: choices, of: candidates, width)
                votes[nearest] += 1
            }
        }
        return votes
    }

    private static func nearest(
        to image: ArraySlice<Float>, among choices: [Int], of candidates: [Float], _ width: Int
    ) -> Int {
        var best = (place: choices[0], distance: Double.infinity)
        for choice in choices {
            let distance = zip(image, candidates[choice * width..<(choice + 1) * width]).reduce(0.0) {
                let difference = Double($1.0) - Double($1.1)
                return $0 + difference * difference
            }
            if distance < best.distance { best = (choice, distance) }
        }
        return best.place
    }

    /// Candidates drawn in proportion to their votes, with noise on each and without what is left below a
    /// threshold; all alike where none of a label is left.
    ///
    /// - Parameters:
    ///   - votes: the sum of all clients'.
    ///   - labels: of the candidates.
    ///   - perLabel: how many are drawn of each label.
    ///   - deviation: of the normal noise on each sum of votes.
    ///   - threshold: H, taken off each noisy sum.
    ///   - generator: draws the noise of all candidates in their order, then the candidates of each label.
    /// - Returns: candidates by label, in the order of the draws.
    public static func parents(
        votes: [Int], labels: [Int], perLabel: Int, deviation: Double, threshold: Double,
        using generator: inout RandomStream
    ) -> [Int] {
        precondition(votes.count == labels.count, "\(votes.count) votes for \(labels.count) candidates")
        let weights = votes.map { vote in
            max(0, Double(vote) + (deviation > 0 ? deviation * generator.normal() : 0) - threshold)
        }
        let places = Dictionary(grouping: labels.indices) { labels[$0] }.sorted { $0.key < $1.key }
        return places.flatMap { _, places in
            // Where each candidate's part of the sum ends.
            var ends: [Double] = [], sum = 0.0
            for place in places {
                sum += weights[place]
                ends.append(sum)
            }
            return (0..<perLabel).map { _ in
                guard sum > 0 else { return places[generator.index(below: places.count)] }
                return places[firstEnd(above: generator.uniform() * sum, in: ends)]
            }
        }
    }

    /// The place of the first of ascending numbers that is above another one, which is below the last.
    private static func firstEnd(above value: Double, in ends: [Double]) -> Int {
        var low = 0, high = ends.count - 1
        while low < high {
            let middle = (low + high) / 2
            if ends[middle] > value { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
