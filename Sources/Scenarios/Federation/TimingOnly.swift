import Models
import Simulator

// `training: none`: the same scenario, messages, bytes, faults and log, without a tensor.
//
// Work takes its virtual time and is logged with its key, but nobody does it: what stands for its result has the
// size that the result would have, and no content.

extension RunContext {
    /// Whether models are only pretended to be trained.
    var isTimingOnly: Bool { scenario.training.mode == .none }

    /// Begins work: hands it to the pool, or lets a stand-in take its place where nothing is really done.
    ///
    /// - Parameter standIn: what has the size of the result.
    func begin<Output: RecordableOutput>(
        _ order: WorkOrder, standIn: @autoclosure () -> Output,
        _ body: @escaping @Sendable () throws -> WorkOutcome<Output>
    ) -> Pending<Output> {
        guard isTimingOnly else { return submit(order, body) }
        return Pending(
            order: order, ticket: .completed(.success(WorkOutcome(output: standIn(), sha256: nil))))
    }

    /// What stands for the model that a training comes to.
    func standInForTrained(_ order: WorkOrder, _ task: TrainingTask) -> TrainedModel {
        let samples = task.data.count(in: data), steps = task.notesSteps ? steps(of: task) : nil
        let metadata = ModelState.metadata(samples: samples, steps: steps)
        let bytes = machinery.sizes.bytes(of: architecture, .whole, metadata: metadata)
        return TrainedModel(
            state: ModelState(bytes: .absent(count: bytes, key: order.key), samples: samples, steps: steps),
            epochs: [])
    }

    /// What stands for a model of the server: an initial one, or an average.
    func standInForModel(_ order: WorkOrder, _ scope: StateScope = .whole) -> ModelState {
        let bytes = machinery.sizes.bytes(of: architecture, scope)
        return ModelState(bytes: .absent(count: bytes, key: order.key), samples: 0)
    }

    /// How long a state like this one is, encoded.
    func byteCount(of state: ModelState) -> Int {
        machinery.sizes.bytes(
            of: architecture, state.scope,
            metadata: ModelState.metadata(samples: state.samples, steps: state.steps))
    }

    /// How long the message of a state in a form is, and the residual that stays; where Zstandard decides about the
    /// length, nobody knows it beforehand, and scenarios that are timing only do not ask for it.
    func byteCounts(of form: UploadForm, for state: ModelState) -> (message: Int, residual: Int?) {
        let layout = machinery.sizes.layout(of: architecture, state.scope)
        guard let codec = form.codec else { return (byteCount(of: state), nil) }
        let metadata = ModelState.metadata(samples: state.samples, steps: state.steps)
        let residual = Safetensors.Declaration(
            name: "residual", shape: [ModelVector.sizes(of: layout).parameters], type: .float32)
        return (
            codec.byteCount(of: layout, metadata: metadata),
            codec.hasFeedback ? Safetensors.encodedByteCount([residual]) : nil
        )
    }
}

/// What encoded model states look like: a function of the architecture, and of what clients write beside them.
final class StateSizes: Sendable {
    private struct Key: Hashable {
        /// Its identity.
        let architecture: String
        let scope: StateScope
    }

    private let layouts = Monitor<[Key: [Safetensors.Declaration]]>([:])
    private let known = Monitor<[Key: [String: Int]]>([:])

    /// Names, shapes and types of a model's tensors, in the order of its file.
    func layout(of architecture: any ClassifierArchitecture, _ scope: StateScope = .whole) -> [Safetensors.Declaration] {
        layouts.update { layouts in
            let key = Key(architecture: architecture.identity, scope: scope)
            if let layout = layouts[key] { return layout }
            let layout = scope.layout(of: architecture.stateLayout)
            layouts[key] = layout
            return layout
        }
    }

    /// The length of a state with these words beside its tensors.
    func bytes(
        of architecture: any ClassifierArchitecture, _ scope: StateScope, metadata: [String: String] = [:]
    ) -> Int {
        let key = Key(architecture: architecture.identity, scope: scope)
        // Only the lengths of the words count.
        let words = metadata.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.count)" }.joined(separator: " ")
        if let bytes = known.update({ $0[key]?[words] }) { return bytes }
        let bytes = Safetensors.encodedByteCount(layout(of: architecture, scope), metadata: metadata)
        known.update { $0[key, default: [:]][words] = bytes }
        return bytes
    }
}
