import Models

/// What encoded model states look like: a function of the architecture, and of what clients write beside
/// them.
final class StateSizes: Sendable {
    private struct Key: Hashable {
        /// Its identity.
        let architecture: String
        let scope: StateScope
    }

    private let layouts = Monitor<[Key: [Safetensors.Declaration]]>([:])
    private let known = Monitor<[Key: [String: Int]]>([:])

    /// Names, shapes and types of a model's tensors, in the order of its file.
    func layout(
        of model: ClassifierReference, _ scope: StateScope = .whole
    ) -> [Safetensors.Declaration] {
        layouts.update { layouts in
            let key = Key(architecture: model.identity, scope: scope)
            if let layout = layouts[key] { return layout }
            let layout = scope.layout(of: model.architecture.stateLayout)
            layouts[key] = layout
            return layout
        }
    }

    /// How many features the last layer is given, which is the last matrix of the state.
    func featureCount(of model: ClassifierReference) -> Int {
        layout(of: model).last { $0.shape.count == 2 }?.shape[1] ?? 0
    }

    /// The length of a state with these words beside its tensors.
    func bytes(
        of model: ClassifierReference, _ scope: StateScope, metadata: [String: String] = [:]
    ) -> Int {
        let key = Key(architecture: model.identity, scope: scope)
        // Only the lengths of the words count.
        let words = metadata.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.count)" }.joined(
            separator: " ")
        if let bytes = known.update({ $0[key]?[words] }) { return bytes }
        let bytes = Safetensors.encodedByteCount(layout(of: model, scope), metadata: metadata)
        known.update { $0[key, default: [:]][words] = bytes }
        return bytes
    }
}

extension StateSizes {
    /// How long a state like this one is, encoded.
    func bytes(of state: ModelState, _ model: ClassifierReference) -> Int {
        bytes(
            of: model, state.scope,
            metadata: ModelState.metadata(samples: state.samples, steps: state.steps))
    }

    /// How long the message of a state in a form is, and the residual that stays. Where Zstandard decides
    /// about the length, nobody knows it beforehand, and scenarios that are timing only do not ask for it.
    func bytes(of form: UploadForm, for state: ModelState, _ model: ClassifierReference) -> DerivedSizes {
        guard let codec = form.codec else { return DerivedSizes(main: bytes(of: state, model)) }
        let layout = layout(of: model, state.scope)
        let metadata = ModelState.metadata(samples: state.samples, steps: state.steps)
        let residual = Safetensors.Declaration(
            name: "residual", shape: [ModelVector.sizes(of: layout).parameters], type: .float32)
        return DerivedSizes(
            main: codec.byteCount(of: layout, metadata: metadata),
            kept: codec.hasFeedback ? Safetensors.encodedByteCount([residual]) : nil)
    }
}
