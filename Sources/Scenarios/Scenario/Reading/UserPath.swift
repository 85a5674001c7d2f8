import Foundation

/// Paths as a scenario writes them. One rule for all of them: relative to the folder of the scenario's file,
/// or else to the working directory (`Scenario+Paths.swift`); `~` or `~/…` is the home folder, which is
/// `$HOME`, as in a shell. The stored scenario keeps `~`.
package enum UserPath {
    /// The path that the system is given.
    ///
    /// - Parameter home: the home folder; where there is none, `~` is a name like any other.
    package static func expanded(
        _ path: String, home: String? = ProcessInfo.processInfo.environment["HOME"]
    ) -> String {
        guard path.hasPrefix("~") else { return path }
        guard path == "~" || path.hasPrefix("~/"), let home, !home.isEmpty else {
            // Foundation would replace it by the home folder from the password file.
            return "./\(path)"
        }
        return (home.count > 1 && home.hasSuffix("/") ? String(home.dropLast()) : home) + path.dropFirst()
    }
}

extension ValueFormat where Value == String {
    /// The path of a file or folder, as the user wrote it; `UserPath.expanded` is applied before it is used.
    static func path(_ what: String, or words: String? = nil) -> Self {
        let path = Self.text((words.map { "\($0), or " } ?? "") + "the path of \(what)") { !$0.isEmpty }
        return Self(kind: path.kind, allowed: path.allowed) { node, key, reader in
            guard let text = path.read(node, key, &reader) else { return nil }
            guard text.hasPrefix("~"), text != "~", !text.hasPrefix("~/") else { return text }
            reader.reject(node, key, allowed: "\(path.allowed); ~/ is the home folder, and no other ~ is one")
            return nil
        } write: {
            path.write($0)
        }
    }
}
