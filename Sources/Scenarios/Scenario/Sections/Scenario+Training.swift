import Models

extension Scenario {
    /// Stochastic gradient descent, as each of the three training sections sets it.
    public struct Optimizer: Sendable, Equatable {
        /// Images per step.
        public var batch: Int = 128
        /// The initial learning rate.
        public var learningRate: Double = 0.01
        /// The momentum, in `0..<1`.
        public var momentum: Double = 0.9
        /// The weight decay (L2 penalty).
        public var weightDecay: Double = 1e-4
        /// How the learning rate changes from the first step to the last.
        public var schedule: Schedule = .constant
    }

    /// The learning-rate schedules.
    public enum Schedule: String, Sendable, CaseIterable {
        /// The initial rate throughout.
        case constant
        /// Half a cosine from the initial rate to zero.
        case cosine
    }

    /// The section `training`: federated training at the clients.
    public struct Training: Sendable, Equatable {
        /// Communication rounds of the weight-based methods.
        public var rounds: Int = 200
        /// Passes over its own images that a client makes in a round.
        public var localEpochs: Int = 5
        /// The optimizer at the clients.
        public var optimizer = Optimizer()
        /// How the server averages the clients' weights.
        public var averaging: Averaging = .uniform
        /// The global model is evaluated after every so many rounds, and after the last.
        public var evaluateEvery: Int = 1
        /// The type of convolutions and matrix products of all trainings; `nil` is float32.
        public var precision: TrainingOptions.Precision?
        /// Whether models are really trained.
        public var mode: TrainingMode = .real
    }

    /// Whether a scenario trains, or only plays the times and bytes of training.
    public enum TrainingMode: String, Sendable, CaseIterable {
        /// Images are rendered or read, models are trained, images synthesized, accuracies measured.
        case real
        /// Timing only: the same messages, bytes, faults and events on the same clock, without a tensor.
        case none
    }

    /// The weights of the clients in the server's average.
    public enum Averaging: String, Sendable, CaseIterable {
        /// Every client counts the same.
        case uniform
        /// A client counts in proportion to its number of images.
        case samples
    }

    /// The section `centralized`: the baseline that sees all images in one place.
    public struct Centralized: Sendable, Equatable {
        /// Passes over all training images.
        public var epochs: Int = 120
        /// The optimizer.
        public var optimizer = Optimizer()
    }
}
