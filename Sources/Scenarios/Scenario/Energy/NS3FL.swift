/// The energy model of ns3-fl: a Raspberry Pi 4 or 400 that trains one of three models.
///
/// Ekaireb, Yu, Ergun, Zhao, Lee, Huzaifa and Rosing, *ns3-fl: Simulating Federated Learning with ns-3*,
/// Workshop on ns-3, 2022; constants of github.com/eekaireb/ns3-fl-network, `scratch/wifi_exp/fl-energy.cc`.
/// Time and power of a training are affine functions of its load, which grows with the epochs:
/// load = 600 · MAC · (100 + 6 · epochs) / 1500 MHz.
public struct NS3FL: Sendable, Hashable {
    /// The measured boards.
    public enum Board: String, Sendable, CaseIterable {
        /// Raspberry Pi 4.
        case pi4 = "4"
        /// Raspberry Pi 400.
        case pi400 = "400"
    }

    /// The measured trainings.
    public enum Task: String, Sendable, CaseIterable {
        /// The model for MNIST.
        case mnist
        /// The model for FashionMNIST.
        case fashionMNIST = "fashion-mnist"
        /// The model for CIFAR-10.
        case cifar10 = "cifar-10"
    }

    /// The board.
    public let board: Board
    /// What it trains.
    public let task: Task

    /// A board that trains for a task.
    public init(_ board: Board, _ task: Task) {
        self.board = board
        self.task = task
    }

    /// Watts while a model is sent.
    public var transmitWatts: Double { constants.transmit }

    /// Seconds of a training of so many epochs.
    public func seconds(epochs: Int) -> Double { constants.a * load(epochs: epochs) + constants.b }

    /// Watts during a training of so many epochs; not positive where the fit does not hold any more.
    public func watts(epochs: Int) -> Double { constants.c * load(epochs: epochs) + constants.d }

    /// Joules of a training that takes so long.
    public func computeJoules(epochs: Int, seconds: Double) -> Double { watts(epochs: epochs) * seconds }

    /// Joules of sending for so long.
    public func transmitJoules(seconds: Double) -> Double { transmitWatts * seconds }

    private func load(epochs: Int) -> Double {
        multiplications * (100 + 6 * Double(epochs)) * 600 / 1500e6
    }

    /// Multiply-accumulate operations of the task's model.
    private var multiplications: Double {
        switch task {
        case .mnist: 229_300_000
        case .fashionMNIST: 285_689_600
        case .cifar10: 61_572_000
        }
    }

    /// Seconds are a · load + b, watts c · load + d.
    private var constants: (a: Double, b: Double, c: Double, d: Double, transmit: Double) {
        switch (task, board) {
        case (.mnist, .pi4): (8.09e-4, 9.45, -1.32e-4, 6.49, 3.9422)
        case (.mnist, .pi400): (3.32e-4, 16.6, -1.55e-4, 6.41, 3.8896)
        case (.fashionMNIST, .pi4): (1.08e-3, 11.4, -1.04e-4, 6.4, 4.766)
        case (.fashionMNIST, .pi400): (8.13e-4, 15.7, -1.27e-4, 6.4, 4.532)
        case (.cifar10, .pi4): (0.0108, -4.43, -4.42e-4, 6.18, 4.397)
        case (.cifar10, .pi400): (8.47e-3, 3.32, -5.65e-4, 6.31, 4.211)
        }
    }
}
