/// Merging an adapter into a model's weights: W + scale · alpha / rank · up · down, layer by layer.
///
/// Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", arXiv 2106.09685, section 4.1.
extension LoRAFile {
    /// Changes the weights of every layer that the file names, after all of them were checked.
    ///
    /// - Parameters:
    ///   - networks: those of the model, by their parts.
    ///   - scale: of all changes.
    /// - Throws: `FoundationModelError.adapter` where the file was made for another model.
    func merge(into networks: [FoundationFolder.Part: ParameterStore], scale: Double) throws {
        let targets = try targets(in: networks)
        try Torch.withoutGradients {
            for (change, weight) in zip(changes, targets) {
                let delta = try delta(of: change, scale: scale).reshape(weight.shape)
                weight.copy(from: weight.to(.float32) + delta)
            }
        }
    }

    /// The weights that the changes belong to, in their order.
    ///
    /// - Throws: `FoundationModelError.adapter` where the file was made for another model.
    func targets(in networks: [FoundationFolder.Part: ParameterStore]) throws -> [Tensor] {
        let layers = networks.mapValues(Self.layers)
        return try changes.map { change in
            let weight = try target(of: change, layers)
            try check(change, weight)
            return weight.tensor
        }
    }

    /// A network's linear layers and convolutions, by their names with underscores.
    private static func layers(_ store: ParameterStore) -> [String: ParameterStore.Entry] {
        let ending = ".weight"
        var layers: [String: ParameterStore.Entry] = [:]
        for entry in store.entries where entry.name.hasSuffix(ending) && entry.tensor.shape.count > 1 {
            layers[entry.name.dropLast(ending.count).split(separator: ".").joined(separator: "_")] = entry
        }
        return layers
    }

    private func problem(_ key: String, _ problem: LoRAProblem) -> FoundationModelError {
        .adapter(path: path, key: key, problem: problem)
    }

    /// The weight that a change belongs to. Older files call the first part of an attention's exit by the
    /// whole's name.
    private func target(
        of change: Change, _ layers: [FoundationFolder.Part: [String: ParameterStore.Entry]]
    ) throws -> ParameterStore.Entry {
        let known = layers[change.key.network] ?? [:]
        guard let entry = known[change.key.layer] ?? known[change.key.layer + "_0"] else {
            throw problem(change.down, .noLayer(network: change.key.network.rawValue))
        }
        return entry
    }

    /// Checks that both matrices have the sizes of the layer.
    private func check(_ change: Change, _ weight: ParameterStore.Entry) throws {
        let shape = weight.tensor.shape
        guard let down = tensors.shape(of: change.down), let up = tensors.shape(of: change.up) else {
            throw problem(change.down, .noPartner)
        }
        guard down.count > 1, up.count > 1 else {
            throw problem(change.down, .shape(found: down, layer: weight.name, expected: shape))
        }
        guard down[0] > 0, up[1] > 0 else { throw problem(change.down, .rankZero) }
        guard down[0] == up[1] else { throw problem(change.down, .ranks(down: down[0], up: up[1])) }
        // A convolution's first matrix has its kernel; a 1 × 1 one may stand for a linear layer and the other
        // way round.
        let inputs = down[1...].filter { $0 != 1 }, expected = shape[1...].filter { $0 != 1 }
        guard inputs == expected else {
            throw problem(change.down, .shape(found: down, layer: weight.name, expected: shape))
        }
        guard up[0] == shape[0], up[2...].allSatisfy({ $0 == 1 }) else {
            throw problem(change.up, .shape(found: up, layer: weight.name, expected: shape))
        }
        for name in [change.down, change.up] {
            if let type = tensors.elementType(of: name), !type.isFloatingPoint {
                throw SafetensorsError.wholeNumbers(file: path, tensor: name, found: type)
            }
        }
    }

    /// The change of the weights, `[outputs, inputs]`.
    private func delta(of change: Change, scale: Double) throws -> Tensor {
        let down = try finite(change.down), up = try finite(change.up)
        let rank = down.shape[0]
        var alpha = commonAlpha[change.key.network] ?? Double(rank)
        if let name = change.alpha {
            let values = try finite(name)
            guard values.count == 1 else {
                throw problem(name, .shape(found: values.shape, layer: "alpha", expected: [1]))
            }
            alpha = values.item
        }
        let product = up.reshape([up.shape[0], rank]).matmul(down.reshape([rank, down.count / rank]))
        return product * (scale * alpha / Double(rank))
    }

    /// A tensor of the file as float32.
    private func finite(_ name: String) throws -> Tensor {
        let tensor = try tensors.tensor(named: name).to(.float32)
        guard tensor.firstNotFinite == nil else { throw problem(name, .notFinite) }
        return tensor
    }
}
