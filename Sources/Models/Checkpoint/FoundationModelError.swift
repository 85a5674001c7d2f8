/// What can be wrong with a text-to-image checkpoint on disk, or with what is asked of it.
///
/// Each case carries the data of its sentence; the English is in `FoundationModelError+Description.swift`.
public enum FoundationModelError: Error, Sendable, Hashable {
    /// The folder that should hold a checkpoint does not exist.
    case noFolder(path: String)
    /// The folder is one of the hub's cache, which has a model's folders further down.
    case hubCache(path: String, snapshots: [String])
    /// A file of the checkpoint does not exist or cannot be read; `reason` has the system's words.
    case unreadableFile(path: String, reason: String)
    /// A file is something else than its name promises: `content` says what, "a git-lfs pointer, not the file
    /// itself".
    case foreignContent(path: String, content: String)
    /// A file is not JSON from this place on; line and column count from 1.
    case brokenJSON(path: String, line: Int, column: Int, detail: String)
    /// The JSON of a file does not have the shape that its name promises.
    case malformedJSON(path: String, detail: String)
    /// A folder has no weights that are read but some in other formats: `found`.
    case missingWeights(folder: String, expected: String, found: [String])
    /// Weights are there in variants only that are not read, such as `non_ema`.
    case otherVariants(folder: String, expected: String, found: [String])
    /// A configuration describes a model of another size than the weights beside it.
    case mismatchedSize(path: String, described: Double, stored: Double)
    /// The weights are finite, and an image that was drawn with them is not.
    case notANumber(path: String, prompt: String, seed: UInt64)
    /// A scheduler has fewer steps of training than are asked for, or too few for its method.
    case impossibleSteps(steps: Int, scheduler: String, allowed: ClosedRange<Int>)
    /// A scheduler cannot begin with an image in the place of noise.
    case impossibleStart(scheduler: String)
    /// A key without which the model has no shape is absent.
    case missingKey(path: String, key: String)
    /// A key that is not known has a value that may change the computation.
    case unknownKey(path: String, key: String, value: String)
    /// A key of a configuration file has a value that the pipeline cannot honour.
    case unsupportedValue(path: String, key: String, value: String, allowed: String)
    /// Two parts of one checkpoint do not fit together.
    case mismatchedParts(path: String, first: String, second: String)
    /// A merge of a tokenizer is not two symbols of its vocabulary; the line is known of a merges file.
    case malformedMerge(path: String, line: Int?, text: String)
    /// The vocabulary lacks a symbol that every text may need.
    case missingSymbol(path: String, symbol: String)
    /// A UNet of another kind than the folder's pipeline takes.
    case foreignUNet(path: String, pipeline: String, isLarge: Bool)
    /// A folder with neither kind of model, but perhaps with files of whole models.
    case noModel(path: String, singleFiles: [String])
    /// A low-rank adapter that cannot be merged into the model.
    case adapter(path: String, key: String, problem: LoRAProblem)
    /// A model with two text encoders, for which no words can be learnt.
    case noLearnedWords(path: String)
    /// A text's states do not have the shape that the checkpoint's own encoder gives: tokens, width, and the
    /// width of the text's vector, 0 where there is none.
    case foreignStates(expected: [Int], found: [Int])
    /// A word's vector does not have the width of the checkpoint's own.
    case foreignToken(expected: Int, found: Int)
    /// A text is so long that a vector in it falls off its end.
    case lostToken(text: String, limit: Int)
    /// No model of this quality ships with this package.
    case missingQuality(name: String, known: [String])
    /// No scheduler has this name.
    case unknownScheduler(name: String, known: [String])
    /// The state of a training run does not fit the run that wants to resume from it.
    case foreignCheckpoint(path: String, detail: String)
    /// A training run's loss is no longer a number.
    case divergedTraining(stage: String, step: Int)
    /// The caption of a class has more tokens than a model of the built-in shape reads.
    case longCaption(text: String, tokens: Int, limit: Int)
    /// Training of a model of other shapes cannot begin with the one in this folder.
    case foreignStart(path: String)
    /// A file cannot be written.
    case unwritableFile(path: String, detail: String)
}

extension FoundationModelError {
    /// Whether a file or folder is missing or unreadable (exit code 74), rather than its content being at
    /// fault (65).
    public var isFileAccess: Bool {
        switch self {
        case .noFolder, .unreadableFile: true
        default: false
        }
    }

    /// Whether a file cannot be written (exit code 73).
    public var isUnwritable: Bool {
        if case .unwritableFile = self { true } else { false }
    }
}
