import Simulator

extension Scenario {
    /// How the links change in a run; `nil` where they do not.
    ///
    /// - Throws: `TraceError`.
    func linkChanges(_ traces: TraceStore, seed: UInt64) throws -> Simulator.LinkChanges? {
        let changes = network.changes
        guard changes != LinkChanges() else { return nil }
        let trace = try changes.trace.map { try traces.links(path: $0, clients: clients) }
        var factor: PiecewiseConstant<Double>?
        if !changes.factors.isEmpty {
            var pieces = changes.factors.map {
                PiecewiseConstant<Double>.Piece(start: .seconds($0.atSeconds), value: $0.factor)
            }
            // Before the first: 1, or what the period before has ended with.
            if let first = pieces.first, first.start > .zero {
                let before = changes.periodSeconds == nil ? 1 : pieces[pieces.count - 1].value
                pieces.insert(.init(start: .zero, value: before), at: 0)
            }
            factor = PiecewiseConstant(
                pieces: pieces, period: changes.periodSeconds.map(SimDuration.seconds))
        }
        let fading = changes.fadingSigma.map {
            Simulator.LinkChanges.Fading(
                sigma: $0, interval: .seconds(changes.fadingIntervalSeconds ?? Self.fadingInterval),
                correlation: changes.fadingCorrelation ?? Self.fadingCorrelation)
        }
        return Simulator.LinkChanges(
            seed: seed, trace: trace.map { trace in { @Sendable client in trace.link(of: client) } },
            factor: factor, fading: fading)
    }
}
