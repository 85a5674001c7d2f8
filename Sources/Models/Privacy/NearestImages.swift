/// The nearest of some vectors to others, by the cosine of the angle between them.
public enum NearestImages {
    /// One of the nearest.
    public struct Neighbour: Sendable, Hashable {
        /// Its place in the gallery.
        public let index: Int
        /// The cosine, -1...1; 0 for a vector without length.
        public let similarity: Double

        public init(index: Int, similarity: Double) {
            self.index = index
            self.similarity = similarity
        }
    }

    /// Queries whose similarities to the whole gallery are in memory at once.
    private static let block = 256

    /// The `count` nearest vectors of the gallery to each query, the nearest first; of equally near ones, the
    /// first.
    ///
    /// - Parameters:
    ///   - queries: `[Q, width]`, row by row.
    ///   - gallery: `[G, width]`, row by row.
    ///   - width: elements of a row.
    ///   - count: how many of the gallery are found for each query.
    ///   - isCancelled: asked before each block of 256 queries.
    /// - Throws: `CancellationError` where `isCancelled` said so.
    /// - Precondition: `width` is positive, and rows are whole.
    /// - Complexity: O(Q · G · width).
    public static func find(
        _ queries: [Float], in gallery: [Float], width: Int, count: Int = 2,
        isCancelled: () -> Bool = { false }
    ) throws -> [[Neighbour]] {
        precondition(
            width > 0 && queries.count % width == 0 && gallery.count % width == 0,
            "\(queries.count) and \(gallery.count) numbers in rows of \(width)")
        let rows = gallery.count / width
        guard rows > 0 else { return Array(repeating: [], count: queries.count / width) }
        let unitGallery = Tensor(unit(gallery[...], width), shape: [rows, width])
        var nearest: [[Neighbour]] = []
        nearest.reserveCapacity(queries.count / width)
        for start in stride(from: 0, to: queries.count, by: block * width) {
            if isCancelled() { throw CancellationError() }
            let chunk = queries[start..<min(start + block * width, queries.count)]
            let units = Tensor(unit(chunk, width), shape: [chunk.count / width, width])
            let similarities = units.linear(unitGallery).floats
            for row in stride(from: 0, to: similarities.count, by: rows) {
                nearest.append(largest(count, of: similarities[row..<row + rows]))
            }
        }
        return nearest
    }

    /// The rows at length 1; those without length stay as they are.
    private static func unit(_ rows: ArraySlice<Float>, _ width: Int) -> [Float] {
        var units = Array(rows)
        for start in stride(from: 0, to: units.count, by: width) {
            var square = 0.0
            for index in start..<start + width { square += Double(units[index]) * Double(units[index]) }
            guard square > 0 else { continue }
            let factor = Float(1 / square.squareRoot())
            for index in start..<start + width { units[index] *= factor }
        }
        return units
    }

    private static func largest(_ count: Int, of row: ArraySlice<Float>) -> [Neighbour] {
        var found: [(index: Int, value: Float)] = []
        for (index, value) in row.enumerated() {
            if found.count == count, let last = found.last, value <= last.value { continue }
            let place = found.firstIndex { $0.value < value } ?? found.count
            found.insert((index, value), at: place)
            if found.count > count { found.removeLast() }
        }
        // Rounding may give a little more than 1.
        return found.map { Neighbour(index: $0.index, similarity: Double(min(1, max(-1, $0.value)))) }
    }
}
