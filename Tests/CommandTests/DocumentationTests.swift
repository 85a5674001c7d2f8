import Foundation
import Testing

/// The libraries' documentation: no link that leads nowhere, no parameter without a word.
@Suite("Documentation")
struct DocumentationTests {
    @Test("DocC builds the three libraries' documentation without a warning (skipped where there is no DocC)")
    func builds() throws {
        let which = try Program.run(
            URL(fileURLWithPath: "/bin/sh"),
            ["-c", "test -x \"$(dirname \"$(readlink -f \"$(command -v swift)\")\")/docc\""])
        guard which.code == 0 else {
            print("skipped: no DocC beside this compiler")
            return
        }
        let folder = Program.temporaryPath("documentation")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let build = Program.executable.deletingLastPathComponent().path
        let outcome = try Program.run(
            URL(fileURLWithPath: "/usr/bin/env"), ["FGL_BUILD=\(build)", "docs/build.sh", folder])
        #expect(outcome.code == 0, "\(outcome.errors.prefix(4000))")
        for library in ["Simulator", "Models", "Scenarios"] {
            let page = "\(folder)/\(library).doccarchive/data/documentation/\(library.lowercased()).json"
            #expect(FileManager.default.fileExists(atPath: page), "\(page)")
        }
    }
}
