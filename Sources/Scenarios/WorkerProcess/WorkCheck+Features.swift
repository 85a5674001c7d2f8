import Models

// Work with the features of images, and variations of images.

extension FeatureSummary: TravellingWork {
    package var classifier: ClassifierReference? { nil }

    package func check(in environment: WorkerEnvironment) throws { try environment.check(images) }
}

extension FeatureExtraction: TravellingWork {
    package var classifier: ClassifierReference? { nil }

    package func check(in environment: WorkerEnvironment) throws { try environment.check(images) }
}

extension FeatureHeadEvaluation: TravellingWork {
    package var classifier: ClassifierReference? { nil }

    package func check(in environment: WorkerEnvironment) throws {
        let set = try environment.images(images), head = try FeatureHead(decoding: environment.load(head))
        let width = try environment.captioner(captioner).features?.width
        try environment.require(
            head.width == width && head.classes >= set.classNames.count,
            "its head is not of the captioner's features and the images' classes")
    }
}

extension CandidateFeatures: TravellingWork {
    package var classifier: ClassifierReference? { nil }

    package func check(in environment: WorkerEnvironment) throws { try environment.check(images) }
}

extension CaptionMeans: TravellingWork {
    package var classifier: ClassifierReference? { nil }

    package func check(in environment: WorkerEnvironment) throws { try environment.check(images) }
}

extension ImageVariation: TravellingWork {
    package var classifier: ClassifierReference? { nil }

    package func check(in environment: WorkerEnvironment) throws {
        try environment.check(images)
        try environment.check(sampling)
        try environment.require(
            !parents.indices.isEmpty && parents.indices.allSatisfy { $0 < images.count }
                && prompts.count == images.classNames.count && 0...(1 << 40) ~= first
                && strength > 0 && strength <= 1,
            "it changes images that there are not, or by an impossible part")
    }
}
