import Foundation

/// A standard stream: results go to `standardOutput`, progress and diagnostics to `standardError`.
struct Terminal: Sendable {
    static let standardOutput = Terminal(descriptor: STDOUT_FILENO)
    static let standardError = Terminal(descriptor: STDERR_FILENO)

    let descriptor: Int32

    /// Whether a person is looking.
    var isInteractive: Bool { isatty(descriptor) == 1 }

    /// The width in columns; 100 where it is not known.
    var columns: Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 100 }
        return Int(size.ws_col)
    }

    /// The width in columns that texts are to keep to; `nil` where the output is no terminal.
    var width: Int? { isInteractive ? columns : nil }

    /// Writes at once, whole; a closed pipe is not an error worth telling.
    func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 else { return }
            bytes = bytes.dropFirst(written)
        }
    }
}
