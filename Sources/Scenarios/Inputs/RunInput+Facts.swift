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
    /// - Throws: `FederationError.unreadableRecord` where the log does not hold them.
    func decoded<Facts: Decodable>(as type: Facts.Type) throws -> Facts {
        do {
            return try JSONDecoder().decode(type, from: Data(facts.utf8))
        } catch {
            throw FederationError.unreadableRecord(what: "the facts of the input '\(kind)'")
        }
    }
}
