import Simulator

/// Instants as a file has them: seconds as doubles.
package enum StoredInstant {
    /// The most seconds that are told by nanoseconds.
    package static let most = 9.2e9

    /// The whole nanoseconds whose number of seconds was stored. Around fifty days a product with 10⁹ lies
    /// halfway between two of them, and its rounding may give the other one.
    ///
    /// - Precondition: no more than ``most``.
    package static func nanoseconds(_ seconds: Double) -> Int64 { instant(seconds).nanoseconds }

    static func instant(_ seconds: Double) -> SimInstant {
        let nearest = SimInstant.seconds(seconds)
        let neighbours = [0, -1, 1].map { SimInstant(nanoseconds: nearest.nanoseconds + $0) }
        return neighbours.first { $0.seconds == seconds } ?? nearest
    }
}
