import Simulator

/// The log of a test: what happened and when, as exact lines to compare.
final class EventLog {
    private let simulation: Simulation
    private(set) var lines: [String] = []

    init(_ simulation: Simulation) {
        self.simulation = simulation
    }

    /// Appends a line with the current instant in front.
    func note(_ text: String) {
        lines.append("\(simulation.now): \(text)")
    }
}

/// An error of a test, told apart by its name.
struct TestError: Error, Equatable {
    let name: String

    init(_ name: String) {
        self.name = name
    }
}
