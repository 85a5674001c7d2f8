import Core

/// What is wrong with a trace file. The sentences are in `TraceError+Description.swift`.
public struct TraceError: Error, Sendable, Equatable {
    /// The file as the user named it.
    public let file: String
    /// 1-based; `nil` where the file as a whole is at fault.
    public let line: Int?
    /// What is wrong.
    public let problem: Problem

    init(_ file: String, line: Int? = nil, _ problem: Problem) {
        self.file = file
        self.line = line
        self.problem = problem
    }

    /// What can be wrong.
    public enum Problem: Sendable, Equatable {
        /// The file is not there or cannot be read.
        case unreadable
        /// It is no regular file, but e.g. `a pipe`.
        case notRegular(String)
        /// It has more bytes than are read.
        case tooLarge(limit: Int)
        /// It is not UTF-8 text.
        case notText(UTF8Text.Failure)
        /// It has no header, or nothing after it.
        case empty(kinds: [String])
        /// Its first line is not the header of a trace of this kind.
        case unknownHeader(found: String, kinds: [String])
        /// A column that no trace has, or that stands there twice.
        case unknownColumn(String, known: [String])
        /// A scenario asks for a quantity that the trace does not have.
        case missingColumn(String, found: [String])
        /// A line has more or fewer values than the header.
        case wrongCount(found: Int, expected: Int)
        /// A value is not allowed.
        case notAllowed(column: String, value: String, allowed: String)
        /// A comment has nearly the name of a setting.
        case misspeltSetting(found: String, meant: String)
        /// A setting that traces of this kind do not have.
        case idleSetting(String, allowed: [String])
        /// A setting stands there twice.
        case duplicateSetting(String, firstLine: Int)
        /// A line names a client that does not exist.
        case unknownClient(Int, count: Int)
        /// A client has two lines.
        case duplicateClient(Int, firstLine: Int)
        /// A client has no line.
        case missingClient(Int, count: Int)
    }

    /// Whether the file is missing or cannot be read; otherwise its content is at fault.
    public var isFileAccess: Bool { problem == .unreadable }
}
