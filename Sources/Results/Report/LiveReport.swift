import RunLog
import Synchronization

/// The report of a results file that may be growing: a page for each state of the file, made when it is asked
/// for and kept until the file has changed.
///
/// The page carries the version of the file that it was made from and follows an event stream of versions
/// (`Templates/live.js`); whoever serves it sends `version` there whenever it changes. The file is opened for
/// reading, and only while a page is made.
public final class LiveReport: Sendable {
    /// A page of a state of the file.
    public struct Page: Sendable {
        /// The state, as `LiveReport.version` told it.
        public let version: String
        /// The page.
        public let html: String
    }

    /// The results file.
    public let path: String
    private let command: String
    private let pictures: @Sendable () throws -> [Report.Image]
    /// The last page; held while one is made, so that two readers do not make the same.
    private let latest = Mutex<Page?>(nil)
    /// How long the last page took, in seconds.
    private let cost = Mutex(0.0)

    /// Looks at the file.
    ///
    /// - Parameters:
    ///   - path: the results file.
    ///   - command: what the page says that it was made by.
    ///   - pictures: read anew for each page.
    /// - Throws: `RunLogError` where the file is not there or is not a results file.
    public init(
        path: String, command: String = "fgl-sim serve",
        pictures: @escaping @Sendable () throws -> [Report.Image] = { [] }
    ) throws {
        _ = try RunLogReader(path: path)
        self.path = path
        self.command = command
        self.pictures = pictures
    }

    /// The state of the file; changes with every commit of a run.
    public var version: String { RunLogVersion(path: path)?.description ?? "gone" }

    /// How long to wait between two looks at the file, in seconds: half a second, and longer where pages take
    /// long, so that making them never takes more than a fifth of a processor from the run.
    public var pace: Double { max(0.5, 4 * cost.withLock { $0 }) }

    /// The page of the present state.
    ///
    /// - Throws: `RunLogError`; what `pictures` throws.
    public func page() throws -> Page {
        try latest.withLock { latest in
            // Asked before the file is read: what is committed meanwhile is a later version.
            let version = version
            if let latest, latest.version == version { return latest }
            let start = ContinuousClock.now
            let html = try Report(path: path, images: pictures(), command: command).html(following: version)
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            cost.withLock { $0 = seconds }
            let page = Page(version: version, html: html)
            latest = page
            return page
        }
    }
}
