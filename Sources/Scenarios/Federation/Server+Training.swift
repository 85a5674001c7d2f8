import Models
import Simulator

extension Server {
    /// Trains a fresh model on synthetic images: the one-shot model.
    public func train(on synthetic: SyntheticSet) async throws -> ModelState {
        let settings = context.scenario.synthesis
        return try await train(
            context.training(
                from: .initial(seed: context.workSeed("initial-weights")), on: trainingImages(synthetic),
                epochs: settings.epochs, settings.optimizer, seed: context.workSeed("synthetic-training"),
                evaluates: true),
            isShared: true, asRounds: false)
    }

    /// Goes on training a model on synthetic images, at the one-shot training's settings and a constant rate.
    public func fineTune(_ model: ModelState, on synthetic: SyntheticSet) async throws -> ModelState {
        let settings = context.scenario.synthesis
        var optimizer = settings.optimizer
        // The peak of a decaying schedule would undo what the federation has learnt; the clients' rate fits
        // a model that has converged.
        optimizer.learningRate = context.scenario.training.optimizer.learningRate
        optimizer.schedule = .constant
        return try await train(
            context.training(
                from: .state(model.bytes), on: trainingImages(synthetic), epochs: settings.fineTuneEpochs,
                optimizer, seed: context.workSeed("fine-tuning", round: context.round)),
            isShared: false, asRounds: false)
    }

    /// Trains on all clients' images at once, for the centralized baseline; each evaluated epoch counts as a
    /// round.
    func trainCentrally() async throws {
        let settings = context.scenario.centralized
        context.results.finalModel = try await train(
            context.training(
                from: .initial(seed: context.workSeed("initial-weights")),
                on: TrainingImages(context.allTrainingImages), epochs: settings.epochs, settings.optimizer,
                seed: context.workSeed("centralized-training"), evaluates: true),
            isShared: true, asRounds: true)
    }

    /// - Parameter isShared: What starts from a seed does every method of that seed; what starts from a
    ///   state, this run alone.
    private func train(_ work: Training, isShared: Bool, asRounds: Bool) async throws -> ModelState {
        let start = context.simulation.now, drawn = context.energySoFar
        let trained = try await context.join(context.begin(work, isShared: isShared), on: device).output
        context.recordEpochs(
            of: trained, from: start, asRounds: asRounds, by: Training.activity, drawn: drawn)
        return trained.state
    }
}
