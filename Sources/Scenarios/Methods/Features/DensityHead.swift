import Models
import RunLog

// The closed forms in which each class has a covariance of its own: see `FedCGS`.

extension Server {
    /// The head that follows from the clients' moments of each class.
    func densities(of updates: [ModelUpdate], _ form: ClassMoments.Form) async throws -> ModelState {
        let work = DensityHead(
            of: updates.map(\.bytes), form, classes: context.data.train.classNames.count,
            shrinkage: context.scenario[FedCGS.Settings.self].shrinkage, width: context.featureWidth,
            samples: updates.reduce(0) { $0 + $1.model.samples })
        return try await context.perform(work, on: device).output
    }
}

/// Computes a quadratic classifier of clients' moments in closed form.
package struct DensityHead: Work {
    package typealias Output = ModelState
    package static let kind = "density-head"
    package static let activity = WorkKind.solve
    package static let makesModel = true

    let statistics: [StoredBytes]
    let form: ClassMoments.Form
    let classes: Int
    let shrinkage: Double
    /// Images that the statistics are of.
    let samples: Int
    /// How many features an image has, for cost and size alone.
    private var width = 0

    private enum CodingKeys: String, CodingKey { case statistics, form, classes, shrinkage, samples }

    package init(
        of statistics: [StoredBytes], _ form: ClassMoments.Form, classes: Int, shrinkage: Double, width: Int,
        samples: Int
    ) {
        self.statistics = statistics
        self.form = form
        self.classes = classes
        self.shrinkage = shrinkage
        self.width = width
        self.samples = samples
    }

    package var inputs: [StoredBytes] { statistics }

    package func cost(_ facts: WorkFacts) -> Double {
        QuadraticDiscriminant.operations(form, clients: statistics.count, classes: classes, width: width)
    }

    package func standIn(_ facts: WorkFacts, key: WorkKey) -> ModelState? {
        let bytes = QuadraticHead.encodedByteCount(form, classes: classes, width: width)
        return ModelState(bytes: .absent(count: bytes, key: key), samples: samples)
    }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<ModelState> {
        let all = try statistics.map { try ClassMoments(decoding: environment.load($0)) }
        let head = QuadraticDiscriminant.head(of: all, classes: classes, shrinkage: shrinkage)
        let state = try ModelState(storing: head.encoded(), in: environment.blobs, samples: samples)
        return WorkOutcome(output: state, sha256: state.bytes.sha256)
    }
}
