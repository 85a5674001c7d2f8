/// Reads JSON as Python's `json` writes and reads it: strict, but for `NaN`, `Infinity` and `-Infinity`,
/// which it writes for such numbers; of equal keys the last counts.
///
/// Foundation's decoder refuses those three and tells no place of a fault.
package enum JSONReader {
    package typealias Failure = JSONScanner.Failure

    /// The value that a whole file holds.
    ///
    /// - Complexity: O(bytes).
    package static func value(of bytes: some Collection<UInt8>) throws(Failure) -> ConfigurationValue {
        try JSONScanner.scan(bytes) { scanner throws(Failure) in try value(&scanner) }
    }

    private static func value(_ scanner: inout JSONScanner) throws(Failure) -> ConfigurationValue {
        switch scanner.kind {
        case .object:
            var members: [String: ConfigurationValue] = [:]
            try scanner.object { scanner, key throws(Failure) in members[key] = try value(&scanner) }
            return .object(members)
        case .array:
            var items: [ConfigurationValue] = []
            try scanner.array { scanner throws(Failure) in items.append(try value(&scanner)) }
            return .array(items)
        case .string: return .string(try scanner.string())
        case .number: return .number(try scanner.number())
        case .word:
            if let flag = scanner.flag() { return .bool(flag) }
            try scanner.null()
            return .null
        }
    }
}
