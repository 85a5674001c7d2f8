import Foundation
import Testing

/// Sizes that a reader notices.
@Suite("Layout of the sources")
struct LayoutTests {
    @Test("The package's sources and tests are found: no scan passes by being empty")
    func filesAreFound() {
        let paths = Set(SourceFile.all.map(\.path))
        #expect(paths.contains("Sources/Simulator/Clock/Simulation.swift"))
        #expect(paths.contains("Sources/Core/SHA256.swift"))
        #expect(paths.contains("Tests/SourceTests/LayoutTests.swift"))
        #expect(SourceFile.all.count > 500)
    }

    /// A link, or the name of a test, which the compiler wants in one piece.
    private func isInOnePiece(_ line: Substring) -> Bool {
        let text = line.trimmingCharacters(in: .whitespaces)
        return text.wholeMatch(of: /\/\/\/? (?:- )?https?:\S+/) != nil
            || text.wholeMatch(of: /#?".*"#?[,)]*/) != nil
    }

    @Test("Lines have at most 110 columns")
    func lineLength() {
        for file in SourceFile.all {
            for (number, line) in file.lines.enumerated()
            where line.utf8.count > 110 && line.count > 110 && !isInOnePiece(line) {
                Issue.record("\(file.path):\(number + 1) has \(line.count) columns")
            }
        }
    }

    @Test("A folder has at most 25 files")
    func folderSize() {
        let counts = Dictionary(grouping: SourceFile.all, by: \.folder).mapValues(\.count)
        for (folder, count) in counts.sorted(by: { $0.key < $1.key }) where count > 25 {
            Issue.record("\(folder) has \(count) files")
        }
    }
}
