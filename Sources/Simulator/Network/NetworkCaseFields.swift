import Core
import Foundation

/// The fields of a case as its file has them, for what decoding does not say: words and whole numbers that
/// are none, and keys that nobody reads.
struct NetworkCaseFields {
    private typealias Object = [String: Any]
    /// What the file is, where it is an object.
    private let root: Object?

    /// Reads a file.
    ///
    /// - Throws: ``SimulatorError/malformedCase(reason:)`` with the place where it stops being JSON.
    init(_ json: Data) throws {
        do {
            root = try JSONSerialization.jsonObject(with: json) as? Object
        } catch {
            throw SimulatorError.malformedCase(reason: Self.fault(of: json, error as NSError))
        }
    }

    /// Where a file is no text, or a text no JSON. Foundation has that in English alone: "Invalid value
    /// around character 9."
    private static func fault(of json: Data, _ error: NSError) -> String {
        do throws(UTF8Text.Failure) {
            _ = try UTF8Text.text(ofFile: json)
        } catch {
            return (error.place.map { "line \($0.line), column \($0.column): " } ?? "") + "\(error)"
        }
        let words = "\(error.userInfo["NSDebugDescription"] ?? "no JSON")"
        guard let found = words.firstMatch(of: /^(.+) around character ([0-9]+)\.$/),
            let offset = Int(found.2)
        else { return "no JSON: \(words)" }
        let lines = json.prefix(offset).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let column = String(decoding: lines.last ?? Data(), as: UTF8.self).count + 1
        return "line \(max(1, lines.count)), column \(column): no JSON: \(found.1)"
    }

    private static let words = [
        "direction": TransferDirection.allCases.map(\.rawValue),
        "transport": TransportName.allCases.map(\.rawValue),
    ]
    private static let rates: Set = ["uplink_Bps", "downlink_Bps"]

    /// Every object of the file with its path and its keys.
    private var objects: [(path: String, object: Object, known: Set<String>)] {
        guard let root else { return [] }
        func list(_ key: String) -> [(String, Object)] {
            (root[key] as? [Any] ?? []).enumerated().compactMap { place, item in
                (item as? Object).map { ("\(key)[\(place)].", $0) }
            }
        }
        var found = [("", root, ["transport", "server", "clients", "flows"] as Set)]
        if let server = root["server"] as? Object { found.append(("server.", server, Self.rates)) }
        found += list("clients").map { ($0.0, $0.1, Self.rates.union(["latency_s", "loss"])) }
        found += list("flows").map {
            ($0.0, $0.1, ["id", "client", "direction", "start_s", "bytes", "end_s"])
        }
        return found.map { (path: $0.0, object: $0.1, known: $0.2) }
    }

    /// Checks words and whole numbers.
    ///
    /// - Throws: ``SimulatorError/malformedCase(reason:)`` with the path of the first, and what is allowed.
    func check() throws {
        for (path, object, _) in objects {
            for key in object.keys.sorted() {
                if let allowed = Self.words[key], let word = object[key] as? String, !allowed.contains(word) {
                    throw SimulatorError.malformedCase(
                        reason: "\(path)\(key): \(word) is not allowed; allowed: "
                            + allowed.joined(separator: ", "))
                }
                if ["id", "client", "bytes"].contains(key), let number = object[key] as? NSNumber,
                    Int(exactly: number) == nil
                {
                    throw SimulatorError.malformedCase(
                        reason: "\(path)\(key): \(number) is not allowed; allowed: a whole number")
                }
            }
        }
    }

    /// The paths of keys that nobody reads, in the order of the file's objects.
    var unknownKeys: [String] {
        objects.flatMap { path, object, known in
            object.keys.filter { !known.contains($0) }.sorted().map { path + $0 }
        }
    }
}
