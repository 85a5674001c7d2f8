import Core
import Simulator

/// The random bits of one test.
struct ScenarioTestGenerator: RandomNumberGenerator {
    private var stream: RandomStream

    init(seed: UInt64) {
        stream = RandomStream(seed: seed, purpose: "test")
    }

    mutating func next() -> UInt64 { stream.next() }
}
