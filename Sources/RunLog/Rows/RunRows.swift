/// All rows of one table of a run, in the order in which they were recorded.
///
/// ```swift
/// var events = reader.events(run: 1)
/// while let event = try events.next() { … }
/// ```
/// Rows are fetched in pages, so memory does not grow with the run. While a run is being written, a call
/// after the last committed row gives `nil`, and a later one may find more.
public struct RunRows<Row: Sendable>: Sendable {
    /// Rows from a key on, with the key of the row that comes after them.
    typealias Page = (rows: [Row], next: Int)

    private let fetch: @Sendable (_ from: Int) throws -> Page
    private var page: [Row] = []
    private var position = 0
    private var nextKey = 0

    /// - Parameter fetch: Gives the page that begins at a key, or no rows behind the last one.
    init(fetch: @escaping @Sendable (_ from: Int) throws -> Page) {
        self.fetch = fetch
    }

    /// The next row, or `nil` behind the last one.
    ///
    /// - Throws: `RunLogError`.
    public mutating func next() throws -> Row? {
        if position == page.count {
            (page, nextKey) = try fetch(nextKey)
            position = 0
        }
        guard position < page.count else { return nil }
        defer { position += 1 }
        return page[position]
    }
}
