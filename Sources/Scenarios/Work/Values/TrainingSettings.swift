import Models

/// How long and how a training goes, as work names it.
package struct TrainingSettings: Sendable, Hashable {
    /// As the classifier takes them.
    package let options: TrainingOptions

    package init(_ options: TrainingOptions) { self.options = options }
}

extension TrainingSettings: Codable {
    private enum CodingKeys: String, CodingKey {
        case epochs, batch, learningRate = "learning_rate", schedule, momentum, weightDecay = "weight_decay",
            augmentation, precision
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func choice<Choice: RawRepresentable<String>>(_ key: CodingKeys) throws -> Choice {
            let word = try container.decode(String.self, forKey: key)
            guard let choice = Choice(rawValue: word) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container, debugDescription: "unknown: \(word)")
            }
            return choice
        }
        func number(_ key: CodingKeys, from least: Int) throws -> Int {
            let number = try container.decode(Int.self, forKey: key)
            guard number >= least else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container, debugDescription: "\(number) is below \(least)")
            }
            return number
        }
        options = TrainingOptions(
            epochs: try number(.epochs, from: 0), batch: try number(.batch, from: 2),
            learningRate: try container.decode(Double.self, forKey: .learningRate),
            schedule: try choice(.schedule), momentum: try container.decode(Double.self, forKey: .momentum),
            weightDecay: try container.decode(Double.self, forKey: .weightDecay),
            augmentation: try choice(.augmentation), precision: try choice(.precision))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(options.epochs, forKey: .epochs)
        try container.encode(options.batch, forKey: .batch)
        try container.encode(options.learningRate, forKey: .learningRate)
        try container.encode(options.schedule.rawValue, forKey: .schedule)
        try container.encode(options.momentum, forKey: .momentum)
        try container.encode(options.weightDecay, forKey: .weightDecay)
        try container.encode(options.augmentation.rawValue, forKey: .augmentation)
        try container.encode(options.precision.rawValue, forKey: .precision)
    }
}

extension TrainingOptions {
    /// How many steps a training on so many images makes.
    ///
    /// - Parameter smallest: the fewest images that make a step.
    func steps(images: Int, smallest: Int) -> Int {
        epochs * batches(images: images, smallest: smallest).steps
    }
}
