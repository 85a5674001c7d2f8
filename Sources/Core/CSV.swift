/// Comma-separated values, RFC 4180.
package enum CSV {
    /// A field, quoted where it has to be.
    package static func field(_ text: String) -> String {
        text.utf8.contains(where: { $0 == 0x2C || $0 == 0x22 || $0 == 0x0D || $0 == 0x0A })
            ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
    }
}
