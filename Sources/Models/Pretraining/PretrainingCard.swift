import Foundation

/// What a trained foundation model says of itself: its plan as JSON, and a model card for people.
struct PretrainingCard {
    private let plan: PretrainingPlan
    private let samples: Int

    /// The card of a model that has been trained on `samples` samples of its plan.
    init(_ plan: PretrainingPlan, samples: Int) {
        self.plan = plan
        self.samples = samples
    }

    /// Writes `pretraining.json` and `README.md` into a model's folder.
    ///
    /// - Throws: `FoundationModelError.unwritableFile`.
    func write(to folder: URL) throws {
        try FoundationModelFiles.write(json: plan, to: folder.appending(path: "pretraining.json"))
        try FoundationModelFiles.write(Data(text.utf8), to: folder.appending(path: "README.md"))
    }

    /// The card, in Markdown.
    var text: String {
        let start = plan.start.map { ", begun with the weights of another model (SHA-256 \($0))" } ?? ""
        let made = "Made by `fgl-sim pretrain`: seed \(plan.seed), \(samples) of \(plan.samples) samples of"
        let end =
            "It cannot draw anything else. `pretraining.json` is the plan; equal plans give equal weights."
        if let photos = plan.photos {
            return """
                # A text-to-image model of photos

                \(made) \(photos.count) photos\(photos.isMirrored ? ", each also mirrored" : "")\
                \(start). SHA-256 of their pixels at 32 × 32 and labels: \(photos.sha256).

                Classes, \(photos.classes.count): \(photos.classes.joined(separator: ", ")).

                \(end)

                """
        }
        return """
            # A text-to-image model of the image world

            \(made) \
            \(plan.corpusImages) images, \(Int((plan.photoShare * 100).rounded())) % photos, the rest \
            clipart, infograph, \
            painting and sketch; no quickdraw drawing\(start).

            Classes (\(plan.classes.joined(separator: ", "))), \(plan.objects.count): \
            \(plan.objects.map(\.name).joined(separator: ", ")).\(emphasis)

            \(end)

            """
    }

    private var emphasis: String {
        plan.emphasis.isEmpty
            ? "" : " Each mention here adds as many images again: \(plan.emphasis.joined(separator: ", "))."
    }
}
