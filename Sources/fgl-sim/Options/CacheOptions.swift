import ArgumentParser
import Foundation
import Scenarios

/// The synthesis cache of commands that draw images.
struct CacheOptions: ParsableArguments {
    @Flag(help: "Draws all images anew, and keeps none for later runs.")
    var noCache = false

    /// Room for images where FGL_CACHE_LIMIT gives none.
    private static let defaultLimitBytes = 2 << 30

    /// The user's cache: in FGL_CACHE where that is set, otherwise in the system's folder for such things.
    ///
    /// - Throws: `ValidationError` for a limit that is no size.
    func cache() throws -> SynthesisCache? {
        let environment = ProcessInfo.processInfo.environment
        var limit = Self.defaultLimitBytes
        if let text = environment["FGL_CACHE_LIMIT"] {
            guard let bytes = try? QuantityKind.size.parse(text), (0..<0x1p62).contains(bytes) else {
                throw ValidationError(
                    "FGL_CACHE_LIMIT is \(text); allowed is a size such as 2GiB, 0B for no cache.")
            }
            limit = Int(bytes)
        }
        guard !noCache, limit > 0, let folder = Self.folder(environment) else { return nil }
        return SynthesisCache(folder: folder, limitBytes: limit, maker: Self.maker)
    }

    /// How fast former experiments were; `nil` where nothing is kept.
    var paces: PaceBook? {
        noCache ? nil : Self.folder(ProcessInfo.processInfo.environment).map(PaceBook.init)
    }

    private static func folder(_ environment: [String: String]) -> URL? {
        func path(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        if let own = path("FGL_CACHE") { return URL(fileURLWithPath: own, isDirectory: true) }
        let caches = path("XDG_CACHE_HOME") ?? path("HOME").map { "\($0)/.cache" }
        return caches.map { URL(fileURLWithPath: "\($0)/fgl-sim/synthesis", isDirectory: true) }
    }

    /// Tells builds and processors apart: another one may draw other bits.
    private static var maker: String {
        let folder = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
        let files = ["fgl-sim", "libTorchShim.so"].map { name -> String in
            var status = stat()
            guard let folder, stat(folder.appendingPathComponent(name).path, &status) == 0 else { return "" }
            return "\(status.st_size) \(status.st_mtim.tv_sec) \(status.st_mtim.tv_nsec)"
        }
        return ([BuildDescription.text] + files).joined(separator: "; ")
    }
}
