import Models

/// The accuracy of each client on its own distribution, and how equal they are.
///
/// The test images of each class and domain count in the shares in which the client's training images have
/// them; shares of what the test set lacks are left out. Where clients are owners of images and test images
/// have owners, too, those of its owner are a client's.
struct ClientAccuracies {
    /// By client; without those that share no class and domain with the test set, or have no test image.
    private(set) var found: [(client: Int, accuracy: Double)] = []

    /// Notes a client.
    ///
    /// - Parameters:
    ///   - images: indices of its training images.
    ///   - parts: how its model classifies the test images.
    mutating func add(client: Int, images: [Int], of train: ImageFacts, _ parts: [Classifier.Part]) {
        let domains = train.domainNames.count
        var counts = [Int](repeating: 0, count: train.classNames.count * domains)
        for image in images { counts[Int(train.labels[image]) * domains + Int(train.domains[image])] += 1 }
        var hits = 0.0, total = 0
        for part in parts {
            guard let domain = train.domainNames.firstIndex(of: part.domain),
                train.classNames.indices.contains(part.label)
            else { continue }
            let count = counts[part.label * domains + domain]
            hits += Double(count) * Double(part.correct) / Double(part.images)
            total += count
        }
        if total > 0 { found.append((client, hits / Double(total))) }
    }

    /// Notes a client by its own test images.
    mutating func add(client: Int, correct: Int, of images: Int) {
        found.append((client, Double(correct) / Double(images)))
    }

    private var accuracies: [Double] { found.map(\.accuracy) }

    /// The mean over clients, which count the same.
    var mean: Double { accuracies.reduce(0, +) / Double(max(1, found.count)) }

    /// The mean of the tenth of the clients with the lowest accuracy, rounded up: Li, Sanjabi, Beirami and
    /// Smith, *Fair resource allocation in federated learning*, ICLR 2020.
    var worstTenth: Double {
        let worst = accuracies.sorted().prefix((found.count + 9) / 10)
        return worst.reduce(0, +) / Double(max(1, worst.count))
    }

    /// The mean squared distance from the mean, as in the same paper.
    var variance: Double {
        let mean = mean
        return accuracies.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, found.count))
    }

    /// Gini's coefficient: half the mean distance of two clients over the mean; 0 where all are equal.
    var gini: Double {
        let sorted = accuracies.sorted(), sum = sorted.reduce(0, +), count = Double(sorted.count)
        guard sum > 0 else { return 0 }
        let weighted = sorted.enumerated().reduce(0) { $0 + Double($1.offset + 1) * $1.element }
        return max(0, 2 * weighted / (count * sum) - (count + 1) / count)
    }
}
