import Core
import Models
import Testing

@Suite struct NearestImagesTests {
    @Test("By hand: the angle counts and not the length; of equals the first; nothing is like a zero")
    func closedForms() throws {
        let gallery: [Float] = [1, 0, 0, 3, 10, 10, 0, 5, 0, 0]
        let found = try NearestImages.find([2, 0, 0, 1, -1, 0, 0, 0], in: gallery, width: 2)
        #expect(found.count == 4)
        #expect(found[0].map(\.index) == [0, 2])
        #expect(found[0][0].similarity == 1 && abs(found[0][1].similarity - 0.5.squareRoot()) < 1e-6)
        // (0, 3) and (0, 5) have one direction.
        #expect(found[1].map(\.index) == [1, 3] && found[1].map(\.similarity) == [1, 1])
        // All that is not opposite is at a right angle or zero.
        #expect(found[2].map(\.index) == [1, 3] && found[2].map(\.similarity) == [0, 0])
        #expect(found[3].map(\.index) == [0, 1] && found[3].map(\.similarity) == [0, 0])
        #expect(try NearestImages.find([1, 1], in: [], width: 2) == [[]])
        #expect(try NearestImages.find([1, 1], in: [4, 4], width: 2, count: 3)[0].count == 1)
    }

    @Test(
        "As a search through all pairs finds, beyond one block of queries", arguments: [1, 2, 3] as [UInt64])
    func pairs(seed: UInt64) throws {
        var generator = RandomStream(seed: seed)
        func vectors(_ count: Int, width: Int) -> [Float] {
            (0..<count * width).map { _ in Float(generator.index(below: 2001)) / 1000 - 1 }
        }
        let width = 5, gallery = vectors(40, width: width), queries = vectors(300, width: width)
        func cosine(_ query: Int, _ row: Int) -> Double {
            var dot = 0.0, left = 0.0, right = 0.0
            for place in 0..<width {
                let a = Double(queries[query * width + place]), b = Double(gallery[row * width + place])
                dot += a * b
                left += a * a
                right += b * b
            }
            return dot / (left * right).squareRoot()
        }
        let found = try NearestImages.find(queries, in: gallery, width: width, count: 3)
        for query in 0..<300 {
            let best = (0..<40).sorted { cosine(query, $0) > cosine(query, $1) }.prefix(3)
            for (neighbour, row) in zip(found[query], best) {
                // Rounding may exchange two that are equally near.
                #expect(abs(neighbour.similarity - cosine(query, row)) < 1e-5)
                #expect(abs(cosine(query, neighbour.index) - cosine(query, row)) < 1e-5)
            }
        }
    }

    @Test("Who is told to stop stops")
    func cancelled() {
        #expect(throws: CancellationError.self) {
            _ = try NearestImages.find([1, 0], in: [1, 0], width: 2, isCancelled: { true })
        }
    }
}
