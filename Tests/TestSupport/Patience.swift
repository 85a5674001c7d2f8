import Foundation
import Testing

/// How long something may take that a user waits for.
///
/// `make test` runs everything side by side, on machines that have other work: there a bound only tells what
/// works from what hangs. `make test-all` asks for the figures themselves.
public enum Patience {
    /// Whether the figures count.
    public static let isStrict = ProcessInfo.processInfo.environment["FGL_TEST_ALL"] != nil

    /// A figure in seconds, or thirty times as many where it does not count.
    public static func seconds(_ figure: Double) -> Double { isStrict ? figure : 30 * figure }
}

extension Trait where Self == TimeLimitTrait {
    /// For a test whose fault is that it never ends. The clock starts while other tests still have the
    /// processors, so the bound is longer than the whole suite takes.
    public static var endsAtAll: Self { .timeLimit(.minutes(45)) }
}

extension Duration {
    /// In seconds.
    public var inSeconds: Double { self / .seconds(1) }
}
