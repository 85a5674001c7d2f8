import Foundation

/// A file in memory, page by page as it is touched; what is written stays in memory and never reaches the file.
///
/// So tensors can be views of a checkpoint: opening one of many gigabytes costs nothing, and using it costs its size
/// once.
final class MappedFile: @unchecked Sendable {
    // @unchecked because the pages are written through tensors alone, which do not travel between threads.
    /// All bytes; null for an empty file.
    let bytes: UnsafeMutableRawBufferPointer

    /// - Throws: `SafetensorsError.fileAccess` with the system's words.
    init(path: String) throws(SafetensorsError) {
        func refuse() -> SafetensorsError {
            .fileAccess(file: path, reason: "cannot be read: \(String(cString: strerror(errno)))")
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw refuse() }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw refuse() }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .fileAccess(file: path, reason: "cannot be read: it is no file")
        }
        let count = Int(status.st_size)
        guard count > 0 else {
            bytes = UnsafeMutableRawBufferPointer(start: nil, count: 0)
            return
        }
        guard
            let start = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor, 0),
            start != MAP_FAILED
        else { throw refuse() }
        bytes = UnsafeMutableRawBufferPointer(start: start, count: count)
    }

    /// Lets go of the pages in which the bytes of `range` lie; whoever touches them again has what the file holds, and
    /// not what was written.
    func discardPages(of range: Range<Int>) {
        guard let start = bytes.baseAddress, !range.isEmpty else { return }
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let first = range.lowerBound / page * page
        _ = madvise(start + first, range.upperBound - first, MADV_DONTNEED)
    }

    deinit {
        if let start = bytes.baseAddress { munmap(start, bytes.count) }
    }
}
