/// What a run reads from outside its file: the column `input.kind`.
public enum InputKind: String, Sendable, Hashable, CaseIterable {
    case images
    case classifier
    case foundation
    case captioner
    case syntheticSet = "synthetic-set"
    case trace
    case outcomes
}

extension InputKind: LogWord {
    public static var all: [Self] { allCases }

    public var meaning: String {
        switch self {
        case .images: "The data set, and how it was read."
        case .classifier: "A TorchScript file with a classifier."
        case .foundation: "A text-to-image model."
        case .captioner: "A captioner."
        case .syntheticSet: "A folder of synthetic images that were made before."
        case .trace: "A trace of links, devices or availability."
        case .outcomes: "Results of real work from elsewhere; it marks a run as imported."
        }
    }
}
