/// What the operations of work are: a machine makes products of matrices a hundred times as fast as it reads
/// and writes weights.
package enum WorkNature: Sendable {
    /// Passes through a foundation model or a captioner.
    case generation
    /// Steps of a classifier's training.
    case training
    /// Passes of images through a classifier or an encoder, without a step.
    case inference
    /// Sums of weights and the like, which memory limits.
    case weights
}
