import Foundation
import Synchronization

/// A standard stream: results go to `standardOutput`, progress and diagnostics to `standardError`.
struct Terminal: Sendable {
    static let standardOutput = Terminal(descriptor: STDOUT_FILENO)
    static let standardError = Terminal(descriptor: STDERR_FILENO)

    let descriptor: Int32

    /// Whether a person is looking.
    var isInteractive: Bool { isatty(descriptor) == 1 }

    /// Whether what is written can be drawn anew: a terminal that says what it is, and not `dumb`.
    var movesCursor: Bool {
        isInteractive && !["", "dumb"].contains(ProcessInfo.processInfo.environment["TERM"] ?? "")
    }

    /// The width in columns; 100 where it is not known.
    var columns: Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 100 }
        return Int(size.ws_col)
    }

    /// The width in columns that texts are to keep to; `nil` where the output is no terminal.
    var width: Int? { isInteractive ? columns : nil }

    /// The error at which writing to stdout ended; nothing more is written to it then.
    private static let outputError = Mutex<Int32?>(nil)

    /// Why not all of the results could be written to stdout, in the system's words; `nil` where they were,
    /// or where their reader has gone.
    static var outputFailure: String? {
        outputError.withLock { $0 }.map { String(cString: strerror($0)) }
    }

    /// Puts the empty device in the place of standard streams that are closed.
    static func fillClosedStreams() {
        for (descriptor, mode) in [
            (STDIN_FILENO, O_RDONLY), (STDOUT_FILENO, O_WRONLY), (STDERR_FILENO, O_WRONLY),
        ] where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest number that is free is this one, since those below it are taken.
            _ = open("/dev/null", mode)
        }
    }

    /// Writes at once, whole; a closed pipe is not an error worth telling.
    ///
    /// Any other error of stdout is told at the end of the program, so that a run does not end by it: see
    /// `outputFailure`.
    func write(_ text: String) {
        let isOutput = descriptor == STDOUT_FILENO
        // After a gap the rest would be misleading.
        if isOutput, Self.outputError.withLock({ $0 != nil }) { return }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            let code = written < 0 ? errno : EIO
            if written > 0 {
                bytes = bytes.dropFirst(written)
            } else if code == EAGAIN {
                // Somebody who shares the pipe or the terminal has set it to refuse instead of waiting.
                var awaited = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&awaited, 1, -1)
            } else if code != EINTR {
                // Who has closed stdout does not want to read it.
                if isOutput, code != EPIPE, code != EBADF { Self.outputError.withLock { $0 = code } }
                return
            }
        }
    }
}
