import Foundation

/// Whether the images of a set fit into memory, asked before any is taken for them.
enum ImageMemory {
    /// Throws `DataError.tooMuchMemory` unless `count` images of `side` × `side` pixels fit into the
    /// machine's memory, or into what this process may use of it.
    static func check(count: Int, side: Int) throws(DataError) {
        let (bytes, overflow) = (3 * side * side).multipliedReportingOverflow(by: count)
        let available = available
        guard overflow || bytes > available else { return }
        throw .tooMuchMemory(images: count, side: side, bytes: overflow ? .max : bytes, available: available)
    }

    private static var available: Int {
        let physical = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(UInt32(RLIMIT_AS.rawValue)), &limit) == 0 else { return physical }
        return limit.rlim_cur < UInt64(physical) ? Int(limit.rlim_cur) : physical
    }
}
