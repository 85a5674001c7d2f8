import Foundation

/// A file in memory, page by page as it is touched; what is written stays in memory and never reaches the
/// file.
///
/// So tensors can be views of a checkpoint: opening one of many gigabytes costs nothing, and using it costs
/// its size once.
final class MappedFile: @unchecked Sendable {
    // @unchecked because the pages are written through tensors alone, which do not travel between threads.
    /// All bytes; null for an empty file.
    let bytes: UnsafeMutableRawBufferPointer
    /// What the system knew of the file when it was opened.
    private let status: stat

    /// - Throws: `SafetensorsError.fileAccess` with the system's words, `.foreignContent` where it is no
    ///   file.
    init(path: String) throws(SafetensorsError) {
        let descriptor: Int32
        do { (descriptor, status) = try CheckpointFile.open(path) } catch {
            switch error {
            case .unreadable(let reason): throw .fileAccess(file: path, reason: reason)
            case .foreign(let content): throw .foreignContent(file: path, content: content)
            }
        }
        defer { close(descriptor) }
        let count = Int(status.st_size)
        guard count > 0 else {
            bytes = UnsafeMutableRawBufferPointer(start: nil, count: 0)
            return
        }
        guard
            let start = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor, 0),
            start != MAP_FAILED
        else {
            throw .fileAccess(file: path, reason: "cannot be read: \(String(cString: strerror(errno)))")
        }
        bytes = UnsafeMutableRawBufferPointer(start: start, count: count)
    }

    /// Device, number, size and times of change: what tells the file from one that takes its place later.
    var stamp: String {
        "\(status.st_dev) \(status.st_ino) \(status.st_size) "
            + "\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec) "
            + "\(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)"
    }

    /// Lets go of the pages in which the bytes of `range` lie; whoever touches them again has what the file
    /// holds, and not what was written.
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
