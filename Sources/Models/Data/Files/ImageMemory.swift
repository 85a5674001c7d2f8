/// Whether the images of a set fit into memory, asked before any is taken for them.
enum ImageMemory {
    /// Throws `DataError.tooMuchMemory` unless `count` images of `side` × `side` pixels fit into the
    /// machine's memory, or into what this process may use of it.
    static func check(count: Int, side: Int) throws(DataError) {
        let (bytes, overflow) = (3 * side * side).multipliedReportingOverflow(by: count)
        let available = MachineMemory.limit
        guard overflow || bytes > available else { return }
        throw .tooMuchMemory(images: count, side: side, bytes: overflow ? .max : bytes, available: available)
    }
}
