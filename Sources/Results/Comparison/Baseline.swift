/// The methods that others are compared with, by the names that the log has.
enum Baseline {
    /// What savings are told against.
    static let fedAvg = "fedavg"
    /// Training on the images of all clients in one place: the upper reference.
    static let centralized = "centralized"

    /// Whether a label is that of centralized training, in whatever variant: a method's name, and what
    /// differs behind a comma.
    static func isCentralized(label: String) -> Bool {
        label == centralized || label.hasPrefix("\(centralized),")
    }
}
