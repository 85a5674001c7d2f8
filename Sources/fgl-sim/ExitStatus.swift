import ArgumentParser
import Core
import Models
import RunLog
import Scenarios
import Simulator

/// What a command that failed says on stderr, and the exit code it ends with (after BSD's `sysexits.h`).
struct ExitStatus {
    static let usage: Int32 = 64
    static let badInput: Int32 = 65
    static let bug: Int32 = 70
    static let cannotWrite: Int32 = 73
    static let cannotRead: Int32 = 74
    /// As shells have it: 130 for Ctrl-C, 143 for SIGTERM, 129 for SIGHUP.
    static var interrupted: Int32 { 128 + InterruptHandler.signalNumber }

    let message: String
    let code: Int32

    /// The status of an error of the libraries; anything unknown is a bug.
    init(_ error: any Error) {
        switch error {
        case let error as ScenarioError:
            (message, code) = ("\(error)", Self.code(error.isFileAccess))
        case let error as RunLogError:
            (message, code) = ("fgl-sim: \(error)", error.exitCode)
        case let error as DataError:
            (message, code) = (
                "fgl-sim: \(error)", Self.code(error.isFileAccess, isUnwritable: error.isUnwritable)
            )
        case let error as TorchError:
            if case .unavailable = error { code = Self.cannotRead } else { code = Self.badInput }
            message = "fgl-sim: \(error)"
        case let error as TraceError:
            (message, code) = ("fgl-sim: \(error)", Self.code(error.isFileAccess))
        case let error as SafetensorsError:
            (message, code) = (
                "fgl-sim: \(error)", Self.code(error.isFileAccess, isUnwritable: error.isUnwritable)
            )
        case let error as FoundationModelError:
            (message, code) = (
                "fgl-sim: \(error)", Self.code(error.isFileAccess, isUnwritable: error.isUnwritable)
            )
        case let error as TorchScriptError:
            (message, code) = ("fgl-sim: \(error)", Self.code(error.isFileAccess))
        case let error as CatalogueError:
            (message, code) = ("fgl-sim: \(error)", Self.badInput)
        case let error as CaptionerError:
            (message, code) = ("fgl-sim: \(error)", Self.code(error.isFileAccess))
        case let error as ImageCodecError:
            (message, code) = ("fgl-sim: \(error)", Self.badInput)
        case let error as FederationError:
            (message, code) = (
                "fgl-sim: \(error)", error == .interrupted ? Self.interrupted : error.exitCode
            )
        case let error as EngineError:
            (message, code) = ("fgl-sim: \(error)", error.exitCode)
        case let error as SimulatorError:
            if case .deadlock = error { code = Self.bug } else { code = Self.badInput }
            message = "fgl-sim: \(error)"
        case let error as FaultSchedule.Down:
            (message, code) = ("fgl-sim: \(error); see faults in the scenario", Self.badInput)
        case let error as DetachedThread.Unavailable:
            (message, code) = ("fgl-sim: \(error)", Self.cannotRead)
        case let error as CommandError:
            (message, code) = ("fgl-sim: \(error)", error.exitCode)
        default:
            (message, code) = ("fgl-sim: \(error)", Self.bug)
        }
    }

    /// The code of an error about a file or what it holds.
    private static func code(_ isFileAccess: Bool, isUnwritable: Bool = false) -> Int32 {
        isUnwritable ? cannotWrite : isFileAccess ? cannotRead : badInput
    }

    /// Whether an error is the libraries' and not the argument parser's.
    static func isOurs(_ error: any Error) -> Bool {
        !(error is ValidationError || error is CleanExit || error is ExitCode)
            && !String(reflecting: type(of: error)).hasPrefix("ArgumentParser.")
    }
}

/// What can go wrong with a command beside its arguments and its scenario.
enum CommandError: Error, CustomStringConvertible {
    /// A file that a command is to read is not there or cannot be read.
    case cannotRead(path: String, reason: String)
    /// A file that a command is to write cannot be written.
    case cannotWrite(path: String, reason: String)
    /// Standard output, which results are written to, has not taken all of them.
    case incompleteOutput(reason: String)
    /// A network case is none, or cannot be played.
    case wrongCase(path: String, SimulatorError)
    /// No run, or not the one that was asked for, has finished.
    case nothingToRetime(path: String, runID: Int64?)
    /// A server cannot listen where it is told to.
    case cannotListen(address: String, reason: String)
    /// The user stopped an experiment.
    case interrupted(path: String)
    /// An experiment has lost those who did its work.
    case lost(EngineError, path: String)

    var exitCode: Int32 {
        switch self {
        case .cannotRead: ExitStatus.cannotRead
        case .cannotWrite, .incompleteOutput, .cannotListen: ExitStatus.cannotWrite
        case .wrongCase(_, let error): ExitStatus(error).code
        case .nothingToRetime: ExitStatus.badInput
        case .interrupted: ExitStatus.interrupted
        case .lost(let error, _): error.exitCode
        }
    }

    var description: String {
        switch self {
        case .cannotRead(let path, let reason): "\(path): cannot be read: \(reason)"
        case .cannotWrite(let path, let reason): "\(path): cannot be written: \(reason)"
        case .incompleteOutput(let reason): "standard output cannot be written: \(reason)"
        case .wrongCase(let path, let error): "\(path): \(error)"
        case .nothingToRetime(let path, let runID):
            (runID.map { "run \($0) of \(path) has not finished" } ?? "no run of \(path) has finished")
                + ": nothing to re-time"
        case .cannotListen(let address, let reason): "\(address): cannot listen: \(reason)"
        case .lost(let error, let path): "\(error); go on with: fgl-sim resume \(path)"
        case .interrupted(let path): "interrupted; go on with: fgl-sim resume \(path)"
        }
    }
}
