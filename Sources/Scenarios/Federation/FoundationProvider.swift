import Foundation
import Models

/// The foundation model of an experiment, shared by its runs; every worker keeps a pipeline of its own.
struct FoundationProvider: Sendable {
    /// The folder in diffusers' layout.
    let folder: String
    /// A hash of all its files.
    let sha256: String

    init(_ foundation: Scenario.FoundationModel) throws {
        switch foundation {
        case .builtin: folder = "builtin"
        case .folder(let path): folder = path
        }
        sha256 = ""
    }

    func operationsPerImage(steps: Int) -> Double { 0 }

    func images(of prompt: String, seeds: [UInt64], steps: Int, guidance: Double, side: Int, isCancelled: () -> Bool) throws -> [UInt8] { [] }
}
