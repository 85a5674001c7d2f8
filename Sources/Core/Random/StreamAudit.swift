import Synchronization

/// Looks on while the random streams of one seed are drawn from: how often each, and what it would give next.
///
/// Two runs that come to the same log may still have drawn differently; what a further draw of each stream
/// would be shows it. Nothing is audited unless a test asks for it, and then only the streams of its seed.
@usableFromInline
package enum StreamAudit {
    /// How a stream stands.
    package struct Standing: Sendable, Hashable, Comparable {
        /// The entity and the purpose.
        package let name: String
        /// How many draws were made.
        package let draws: Int
        /// What the next one would be.
        package let next: UInt64

        /// By name, then by the number of draws.
        package static func < (left: Standing, right: Standing) -> Bool {
            (left.name, left.draws, left.next) < (right.name, right.draws, right.next)
        }
    }

    /// What is known of one stream; copies of a stream share it, and the one that was drawn from last counts.
    @usableFromInline
    final class Entry: Sendable {
        private let name: String
        private let state: Mutex<(draws: Int, stream: RandomStream)>

        fileprivate init(name: String, stream: RandomStream) {
            self.name = name
            state = Mutex((0, stream))
        }

        /// Notes a draw that `stream` is about to make.
        @usableFromInline
        func draws(from stream: RandomStream) {
            var stream = stream.unaudited
            _ = stream.next()
            state.withLock { $0 = ($0.draws + 1, stream) }
        }

        fileprivate var standing: Standing {
            var (draws, stream) = state.withLock { $0 }
            return Standing(name: name, draws: draws, next: stream.next())
        }
    }

    private static let isOn = Atomic(false)
    private static let audited: Mutex<(seed: UInt64, entries: [Entry])?> = Mutex(nil)

    /// Runs `body` and tells how each stream of `seed` that it made stands after it, sorted.
    ///
    /// - Precondition: no other audit is under way.
    package static func streams(ofSeed seed: UInt64, during body: () throws -> Void) rethrows -> [Standing] {
        audited.withLock { audit in
            precondition(audit == nil, "one audit at a time")
            audit = (seed, [])
        }
        isOn.store(true, ordering: .releasing)
        defer {
            isOn.store(false, ordering: .releasing)
            audited.withLock { $0 = nil }
        }
        try body()
        return audited.withLock { $0?.entries ?? [] }.map(\.standing).sorted()
    }

    /// Who is to be told of the draws of a new stream; nobody, unless its seed is audited.
    static func entry(of stream: RandomStream, seed: UInt64, entity: Int?, purpose: String) -> Entry? {
        guard isOn.load(ordering: .acquiring) else { return nil }
        return audited.withLock { audit in
            guard audit?.seed == seed else { return nil }
            let name = "\(purpose) of \(entity.map { "client \($0)" } ?? "the run")"
            let entry = Entry(name: name, stream: stream)
            audit?.entries.append(entry)
            return entry
        }
    }
}
