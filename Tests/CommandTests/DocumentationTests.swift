import Foundation
import Testing

/// The libraries' documentation: no link that leads nowhere, no parameter without a word.
@Suite("Documentation")
struct DocumentationTests {
    /// Whether DocC is beside this compiler.
    static let hasDocC =
        (try? Program.run(
            URL(fileURLWithPath: "/bin/sh"),
            ["-c", "test -x \"$(dirname \"$(readlink -f \"$(command -v swift)\")\")/docc\""]))?.code == 0

    @Test("DocC builds the libraries' documentation without a warning", .enabled(if: hasDocC))
    func builds() throws {
        let folder = Program.temporaryPath("documentation")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let build = Program.executable.deletingLastPathComponent().path
        let outcome = try Program.run(
            URL(fileURLWithPath: "/usr/bin/env"), ["FGL_BUILD=\(build)", "docs/build.sh", folder])
        #expect(outcome.code == 0, "\(outcome.errors.prefix(4000))")
        for library in ["Simulator", "RunLog", "Models", "Scenarios", "Results"] {
            let page = "\(folder)/\(library).doccarchive/data/documentation/\(library.lowercased()).json"
            #expect(FileManager.default.fileExists(atPath: page), "\(page)")
        }
    }
}
