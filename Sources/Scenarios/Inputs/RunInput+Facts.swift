import Foundation
import RunLog
import Simulator

extension RunInput {
    /// Facts as JSON.
    static func text(of facts: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(facts), as: UTF8.self)
        } catch {
            preconditionFailure("facts cannot be encoded: \(error)")
        }
    }

    /// The facts of an input.
    ///
    /// - Throws: `FederationError.unreadableRecord` where the log does not hold them, or holds numbers that
    ///   no input has.
    func decoded<Facts: RecordedFacts>(as type: Facts.Type) throws -> Facts {
        guard let facts = try? JSONDecoder().decode(type, from: Data(facts.utf8)), facts.isPossible else {
            throw FederationError.unreadableRecord(what: "the facts of the input '\(kind)'")
        }
        return facts
    }
}
