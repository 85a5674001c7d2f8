import Dispatch
import Synchronization

/// Image files with their labels, in the order of the set, before they are decoded.
struct LabelledFiles {
    /// Where the files are, `[N]`.
    private(set) var paths: [String] = []
    /// Class index of each file, `[N]`.
    private(set) var labels: [Int32] = []
    /// Domain index of each file, `[N]`.
    private(set) var domains: [Int32] = []
    /// Whose the files are; nil where the data does not say it.
    var owners: ImageOwners?

    /// Adds one file.
    mutating func append(_ path: String, label: Int, domain: Int = 0) {
        paths.append(path)
        labels.append(Int32(label))
        domains.append(Int32(domain))
    }

    /// Keeps some of the files, in this order.
    mutating func keep(_ files: [Int]) {
        paths = files.map { paths[$0] }
        labels = files.map { labels[$0] }
        domains = files.map { domains[$0] }
        owners = owners?.subset(files)
    }

    /// Decodes and resizes all files.
    ///
    /// - Parameters:
    ///   - skipped: receives the files that could not be read or decoded.
    ///   - origin: the list and line that name a path; nil where no list does.
    /// - Returns: the images that could be decoded, in the order of the files.
    /// - Throws: `DataError.notSkipped` or `DataError.fileAccess` for the first bad file when `options` are
    ///   strict; `DataError.fileAccess` in both modes where the system fails to read a file that is there
    ///   and may be read.
    func decoded(
        _ options: ImageLoadOptions, classNames: [String], domainNames: [String] = ["real"],
        skipped: inout SkippedFiles, origin: (_ path: String) -> String?
    ) throws(DataError) -> ImageSet {
        try ImageMemory.check(count: paths.count, side: options.side)
        let (side, paths) = (options.side, paths)
        let batch = ImageBatchDecoder.decode(count: paths.count, options) { index, codec throws(DataError) in
            Resize.planarSquare(try codec.decode(fileAt: paths[index], forSide: side), side: side)
        }
        for failure in batch.failures {
            switch failure {
            case .undecodable(let path, let reason):
                guard !options.isStrict else { throw .notSkipped(path: path, reason: reason) }
                skipped.append(failure)
            case .fileAccess(let path, let reason):
                let place = origin(path).map { "; \($0) names it" } ?? ""
                let error = DataError.fileAccess(path: path, reason: reason + place)
                // Trouble of the system, such as a failing disk, would leave out other images each time: it
                // is an error in both modes.
                guard !options.isStrict, !DataFiles.isReadable(path) else { throw error }
                skipped.append(error)
            default: throw failure
            }
        }
        return ImageSet(
            side: side, pixels: batch.pixels, labels: batch.kept.map { labels[$0] }, classNames: classNames,
            domains: batch.kept.map { domains[$0] }, domainNames: domainNames,
            owners: owners?.subset(batch.kept))
    }
}

/// Decoding of many images on several threads into one buffer.
enum ImageBatchDecoder {
    /// Decoded images, and what went wrong with the others.
    struct Batch {
        /// Planar pixels of the decoded images, `[kept.count, 3, side, side]`.
        var pixels: [UInt8]
        /// Indices of the decoded images, ascending.
        var kept: [Int]
        /// Errors of the others, in the order of their indices.
        var failures: [DataError]
    }

    private static let imagesPerReport = 50

    /// Calls `image` for every index in `0..<count`, each thread with a codec of its own, and gathers what it
    /// returns: planar bytes, `[3, side, side]`.
    ///
    /// Image `i` always lands in slot `i`, so the outcome does not depend on the number of threads.
    static func decode(
        count: Int, _ options: ImageLoadOptions,
        image: @Sendable (_ index: Int, _ codec: ImageCodec) throws(DataError) -> [UInt8]
    ) -> Batch {
        let bytesPerImage = 3 * options.side * options.side
        let failures = Mutex<[Int: DataError]>([:])
        let workers = min(options.workers, max(count, 1))
        let done = Mutex(0)
        var pixels = [UInt8](unsafeUninitializedCapacity: count * bytesPerImage) { buffer, initializedCount in
            // Unsafe but disjoint: a slot belongs to one index, and an index to one worker.
            nonisolated(unsafe) let slots = UnsafeMutableRawBufferPointer(buffer)
            DispatchQueue.concurrentPerform(iterations: workers) { worker in
                let codec = ImageCodec()
                for index in stride(from: worker, to: count, by: workers) {
                    let slot = UnsafeMutableRawBufferPointer(
                        rebasing: slots[index * bytesPerImage..<(index + 1) * bytesPerImage])
                    do throws(DataError) {
                        slot.copyBytes(from: try image(index, codec))
                    } catch {
                        slot.initializeMemory(as: UInt8.self, repeating: 0)
                        failures.withLock { $0[index] = error }
                    }
                    guard let observer = options.observer else { continue }
                    let number = done.withLock { done in
                        done += 1
                        return done
                    }
                    if number % Self.imagesPerReport == 0 || number == count {
                        observer.report(number, count)
                    }
                }
            }
            initializedCount = count * bytesPerImage
        }
        let failed = failures.withLock { $0 }
        let kept = (0..<count).filter { failed[$0] == nil }
        if !failed.isEmpty { pixels = compacted(pixels, keeping: kept, bytesPerImage: bytesPerImage) }
        return Batch(pixels: pixels, kept: kept, failures: failed.keys.sorted().compactMap { failed[$0] })
    }

    /// The images `kept` of `pixels`, in order.
    private static func compacted(_ pixels: [UInt8], keeping kept: [Int], bytesPerImage: Int) -> [UInt8] {
        var compact: [UInt8] = []
        compact.reserveCapacity(kept.count * bytesPerImage)
        for index in kept { compact += pixels[index * bytesPerImage..<(index + 1) * bytesPerImage] }
        return compact
    }
}
