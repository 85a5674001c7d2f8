/// A kind of real work: the column `work.kind`, and the events in which it begins and ends.
///
/// The set is open: a method may have work of its own, in this package or in another one, and declares its
/// kind beside it, as `static let control = WorkKind("control", meaning: "…")`. Kinds are told apart by their
/// text alone.
public struct WorkKind: RawRepresentable, Sendable, CustomStringConvertible {
    /// The text in the file, in kebab-case; it does not end with `-start` or `-end`.
    public let rawValue: String
    /// What is done, and what `work.metrics` says of it; empty for a kind that was read from a file.
    public let meaning: String

    /// Declares a kind of work.
    ///
    /// - Parameters:
    ///   - text: the text in the file; never changed once results were recorded.
    ///   - meaning: what is done, in whole sentences.
    public init(_ text: String, meaning: String) {
        rawValue = text
        self.meaning = meaning
    }

    /// The kind of a text that was read.
    public init(rawValue: String) {
        self.init(rawValue, meaning: "")
    }

    /// The text in the file.
    public var description: String { rawValue }
}

extension WorkKind: LogWord {
    public static func == (left: Self, right: Self) -> Bool { left.rawValue == right.rawValue }
    public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }

    /// The kinds that are not the work of a single method.
    public static let all: [WorkKind] = [
        .initialize, .train, .evaluate, .average, .mix, .describe, .caption, .encode, .tailor, .synthesize,
        .readSet, .compress, .decompress, .privatize, .noise, .membership, .retrieve, .combine, .poison,
        .testAttack, .agree, .extract, .evaluateParts, .evaluateOwners,
    ]

    public static let initialize = WorkKind(
        "initialize", meaning: "The server draws the weights of the first model.")
    public static let train = WorkKind(
        "train",
        meaning: "A classifier is trained. Metrics: `loss` of the last epoch, `losses` of all, `samples`.")
    public static let evaluate = WorkKind(
        "evaluate",
        meaning: "A model is evaluated on the test images. Metrics: `accuracy`, `loss`, `images`.")
    public static let evaluateParts = WorkKind(
        "evaluate-parts",
        meaning: "A model is evaluated on the test images of each class and domain. Metrics: `labels`, "
            + "`domains`, `images`, `correct`.")
    public static let evaluateOwners = WorkKind(
        "evaluate-owners",
        meaning: "A model is evaluated on the test images of each owner. Metrics: `owners`, `images`, "
            + "`correct`.")
    public static let average = WorkKind(
        "average", meaning: "The server averages models. Metrics: `samples`, their weights' sum.")
    public static let combine = WorkKind(
        "combine", meaning: "The server combines models by a robust rule. Metrics: `kept`, their places.")
    public static let poison = WorkKind(
        "poison", meaning: "An attacker scales the change of its model.")
    public static let testAttack = WorkKind(
        "test-attack",
        meaning: "A model is tried on what attackers want. Metrics: `accuracy`, their success; `images`.")
    public static let agree = WorkKind(
        "agree",
        meaning: "A client's prompts are compared with those of the others. Metrics: `accuracy`, `images`.")
    public static let mix = WorkKind(
        "mix", meaning: "The server mixes updates into its model, each with a weight of its own.")
    public static let describe = WorkKind(
        "describe",
        meaning: "A client writes a prompt for each class it holds. Metrics: `labels`, `prompts`.")
    public static let caption = WorkKind(
        "caption", meaning: "A client's images are captioned; with OSCAR, the captions are encoded, too.")
    public static let encode = WorkKind(
        "encode", meaning: "Prompts are made into states of the text encoder.")
    public static let extract = WorkKind(
        "extract", meaning: "Features of images are computed by the captioner's image encoder.")
    public static let tailor = WorkKind(
        "tailor",
        meaning: "A client learns a word for each of its classes from its images (textual inversion).")
    public static let synthesize = WorkKind(
        "synthesize", meaning: "Images are drawn from descriptions, at most a hundred at a time.")
    public static let readSet = WorkKind(
        "read-set", meaning: "The server reads a synthetic set that was made before.")
    public static let compress = WorkKind(
        "compress", meaning: "A client compresses its update for the upload.")
    public static let decompress = WorkKind(
        "decompress", meaning: "The server decompresses an update.")
    public static let privatize = WorkKind(
        "privatize", meaning: "A client clips its update and adds noise to it.")
    public static let noise = WorkKind(
        "noise", meaning: "The server adds noise to the mean of the updates.")
    public static let membership = WorkKind(
        "membership",
        meaning: "The final model is attacked by membership inference, beside the virtual clock.")
    public static let retrieve = WorkKind(
        "retrieve",
        meaning: "The private images nearest to the synthetic ones are looked for, beside the virtual clock.")
}
