extension FoundationModelError: CustomStringConvertible {
    /// One line: what is wrong, where, and what is allowed.
    public var description: String {
        switch self {
        case .noFolder(let path):
            "\(path): no such folder; a foundation model is a folder in diffusers' layout, "
                + "with model_index.json"
        case .unreadableFile(let path, let reason):
            "\(path): \(reason)"
        case .hubCache(let path, let snapshots):
            "\(path): a folder of the hub's cache, not of a model; allowed: "
                + snapshots.map { "\(path)/snapshots/\($0)" }.joined(separator: ", ")
        case .foreignContent(let path, let content):
            "\(path): this is \(content)"
        case .brokenJSON(let path, let line, let column, let detail):
            "\(path):\(line):\(column): not JSON: \(detail)"
        case .malformedJSON(let path, let detail):
            "\(path): not the expected JSON: \(detail)"
        case .missingWeights(let folder, let expected, let found):
            Self.missingWeights(folder, expected, found)
        case .otherVariants(let folder, let expected, let found):
            "\(folder)/\(expected): missing; the weights are here as \(found.joined(separator: ", ")) only, "
                + "a "
                + "variant that is not read; allowed: the plain files or their fp16 variant"
        case .mismatchedSize(let path, let described, let stored):
            "\(path): describes a model of \(Self.count(described)) weights, but the files beside it hold "
                + Self.count(stored)
        case .notANumber(let path, let prompt, let seed):
            "\(path): the image of '\(prompt.prefix(60))' from seed \(seed) is not a number, though the "
                + "weights are; "
                + "try a lower guidance or other steps"
        case .impossibleSteps(let steps, let scheduler, let allowed):
            "\(steps) steps with this checkpoint's \(scheduler) scheduler; allowed are "
                + "\(allowed.lowerBound) to \(allowed.upperBound)"
        case .impossibleStart(let scheduler):
            "this checkpoint's \(scheduler) scheduler begins with Runge-Kutta's steps, which cannot start "
                + "from an image; allowed is another scheduler"
        case .missingKey(let path, let key):
            "\(path): the key '\(key)' is missing"
        case .unknownKey(let path, let key, let value):
            "\(path): '\(key)' is \(value), but this key is not known; allowed is null or false"
        case .unsupportedValue(let path, let key, let value, let allowed):
            "\(path): '\(key)' is \(value); allowed is \(allowed)"
        case .mismatchedParts(let path, let first, let second):
            "\(path): \(first), but \(second); they must be equal"
        case .malformedMerge(let path, let line, let text):
            "\(path)\(line.map { ":\($0)" } ?? ""): '\(text)' is not two symbols of the vocabulary whose "
                + "union is a third"
        case .missingSymbol(let path, let symbol):
            "\(path): the vocabulary lacks '\(symbol)'"
        case .foreignStates(let expected, let found):
            "text states of \(found[0]) tokens and \(Self.widths(found)); this checkpoint's encoder gives "
                + "\(expected[0]) of \(Self.widths(expected))"
        case .foreignUNet(let path, let pipeline, let isLarge):
            "\(path): 'addition_embed_type' is \(isLarge ? "\"text_time\"" : "not \"text_time\""), which a "
                + "\(pipeline) does not take; the folder mixes parts of two models"
        case .noModel(let path, let files):
            "\(path): neither model_index.json nor config.json is here: no model in diffusers' or "
                + "transformers' layout"
                + (files.isEmpty
                    ? ""
                    : "; \(files.prefix(3).joined(separator: ", ")) may be whole models of the original "
                        + "layout, which "
                        + "from_single_file(…).save_pretrained(…) of diffusers converts")
        case .adapter(let path, let key, let problem):
            "\(path): \(problem.sentence(key: key))"
        case .noLearnedWords(let path):
            "\(path): no words can be learnt for a model with two text encoders; allowed are the prompts "
                + "class, "
                + "instance and embeddings"
        case .foreignToken(let expected, let found):
            "a word's vector of width \(found); this checkpoint's text encoder takes \(expected)"
        case .lostToken(let text, let limit):
            "'\(text.prefix(60))' leaves no room for a learned word; this checkpoint reads \(limit) tokens "
                + "of a text"
        case .missingQuality(let name, let known):
            known.isEmpty
                ? "\(name) is not there: the folder \(ModelResources.bundle), with the models that ship, "
                    + "belongs beside "
                    + "the program"
                : "\(name) does not ship with this package; allowed are \(known.joined(separator: ", ")) "
                    + "and a folder that fgl-sim pretrain has made"
        case .unknownScheduler(let name, let known):
            "no scheduler is called '\(name)'; allowed are \(known.joined(separator: ", "))"
        case .foreignCheckpoint(let path, let detail):
            "\(path): this checkpoint belongs to another training run: \(detail)"
        case .longCaption(let text, let tokens, let limit):
            "\"\(text)\" has \(tokens) words and signs, and the model reads at most \(limit): give "
                + "the class's folder a shorter name"
        case .foreignStart(let path):
            "\(path): training cannot begin with a model of other shapes; allowed is one of the same "
                + "quality, which "
                + "fgl-sim pretrain has made"
        case .divergedTraining(let stage, let step):
            "training of the \(stage) diverged at step \(step): the loss is not a number; "
                + "try a lower learning rate"
        case .unwritableFile(let path, let detail):
            "\(path): cannot be written: \(detail)"
        }
    }

    /// The width of states, and that of the text's vector where there is one.
    private static func widths(_ shape: [Int]) -> String {
        "width \(shape[1])"
            + (shape.count > 2 && shape[2] > 0 ? ", with a vector of width \(shape[2])" : "")
    }

    private static func missingWeights(_ folder: String, _ expected: String, _ found: [String]) -> String {
        "\(folder)/\(expected): missing; the weights are here as \(found.joined(separator: ", ")) only, and "
            + "only "
            + ".safetensors are read; convert them with from_pretrained(…).save_pretrained(…, "
            + "safe_serialization=True)"
    }

    /// In full where it can be counted, else roughly.
    private static func count(_ number: Double) -> String {
        Int(exactly: number).map { "\($0)" } ?? "\(number)"
    }
}
