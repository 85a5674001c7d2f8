import Models
import Simulator

/// A client's model on its way to the server.
public struct ModelUpdate: Sendable {
    /// What travels: the state, or what `codec` made of its change.
    let bytes: StoredBytes
    /// The form of `bytes`.
    let form: UploadForm
    /// The model before it was compressed. What the server knows of it is its base, its numbers, and nothing else.
    let model: ModelState
    /// The change of the client's control variate, which has travelled before it.
    var control: StoredBytes?
}

/// How uploaded weights are written.
struct UploadForm: Sendable, Hashable {
    /// The lossy form; `nil` for the state itself.
    var codec: UpdateCodec?
    /// Zstandard's level; `nil` without it.
    var zstdLevel: Int?

    /// The state itself.
    static let plain = UploadForm()

    var isPlain: Bool { self == .plain }
}

/// A client's model as the server has it.
public struct ReceivedUpdate: Sendable {
    /// Who made it.
    let client: Int
    /// The state, decoded.
    let state: StoredBytes
    /// How many images it was trained on.
    let samples: Int
    /// How many steps led to it, where it says so.
    let steps: Int?
    /// The change of the client's control variate, where it sent one.
    let control: StoredBytes?
}

extension Scenario {
    /// How clients write the weights they upload.
    var uploadForm: UploadForm {
        UploadForm(codec: compression.codec, zstdLevel: compression.zstd ? compression.level : nil)
    }
}

// MARK: - At the client

extension Client {
    /// Uploads what it has made of the model it holds: clipped, noised and compressed where the scenario asks for
    /// it. The server takes it as an update of this round.
    ///
    /// - Parameters:
    ///   - local: the result of its training.
    ///   - control: a change of its control variate, which is sent first.
    public func upload(_ local: ModelState, control: StoredBytes? = nil) async throws {
        let update = try await send(local, control: control)
        try server.receive(Message(payload: .weights, body: .update(update)), from: id)
    }

    /// As `upload`, without telling the server: whoever awaits the update there is told by the caller.
    func send(_ local: ModelState, control: StoredBytes? = nil) async throws -> ModelUpdate {
        let local = try await privatized(local)
        var (update, residual) = try await compressed(local)
        if let control { try await transmit(.control(control)) }
        try await transmit(Message(payload: .weights, body: .update(update)))
        // What was lost on the way was not sent: the residual stays as it was.
        if let residual { context.memories[id, "residual"] = residual }
        update.control = control
        return update
    }

    /// The upload in the scenario's form, and what that leaves for the next one.
    private func compressed(_ local: ModelState) async throws -> (ModelUpdate, residual: StoredBytes?) {
        let form = context.scenario.uploadForm
        func update(_ bytes: StoredBytes) -> ModelUpdate {
            ModelUpdate(bytes: bytes, form: form, model: local)
        }
        guard !form.isPlain else { return (update(local.bytes), nil) }
        guard let base = local.base else { preconditionFailure("client \(id) uploads a change of no model") }
        let residual = form.codec?.hasFeedback == true ? context.memories[id, "residual"] : nil
        let seed = context.workSeed("rounding", client: id, round: context.round)
        let sizes = context.byteCounts(of: form, for: local)
        let derivation = Derivation(
            kind: "compress", rule: "\(form) \(form.codec?.isRandom == true ? seed : 0)",
            inputs: [local.bytes, base] + (residual.map { [$0] } ?? []),
            operations: form.operations, byteCount: sizes.message, keptByteCount: sizes.residual,
            makesState: false)
        let made = try await context.derive(derivation, client: id, on: device) { inputs in
            try form.encode(inputs[0], base: inputs[1], residual: inputs.dropFirst(2).first, seed: seed)
        }
        return (update(made.main), made.kept)
    }
}

extension UpdateCodec {
    /// Whether a seed decides about it.
    fileprivate var isRandom: Bool { if case .int8 = self { true } else { false } }
}

extension UploadForm {
    /// Floating-point operations for each parameter, counted coarsely: a few for the codecs, twenty a byte for
    /// Zstandard.
    fileprivate var operations: Double {
        let (operations, bytes): (Double, Double) =
            switch codec {
            case nil: (0, 4)
            case .float16: (2, 2)
            case .int8: (6, 1)
            case .topK(let fraction): (8, 8 * fraction)
            }
        return operations + (zstdLevel == nil ? 0 : 20 * bytes)
    }

    /// Writes a state.
    fileprivate func encode(
        _ state: [UInt8], base: [UInt8], residual: [UInt8]?, seed: UInt64
    ) throws -> (main: [UInt8], kept: [UInt8]?) {
        var message = state, kept: [UInt8]?
        if let codec {
            let file = try SafetensorsFile(bytes: state)
            var memory = try residual.map { try SafetensorsFile(bytes: $0).tensor(named: "residual").floats } ?? []
            message = codec.encode(
                try ModelVector(decoding: state), base: try ModelVector(decoding: base), residual: &memory,
                seed: seed, metadata: file.metadata)
            if codec.hasFeedback { kept = Safetensors.encode([("residual", Tensor(memory))]) }
        }
        if let zstdLevel { message = Zstandard.compress(message, level: zstdLevel) }
        return (message, kept)
    }

    /// Reads what `encode` has written.
    ///
    /// - Throws: `FederationError.malformedWeights`; `SafetensorsError` where the base is none.
    fileprivate func decode(_ message: [UInt8], base: [UInt8]) throws -> [UInt8] {
        do {
            var message = message
            // No update is longer than twice its state: sparse values have positions beside them.
            if zstdLevel != nil { message = try Zstandard.decompress(message, limit: 2 * base.count + 65_536) }
            guard let codec else { return message }
            // What has diverged arrives as that: the log says so, and the run goes on.
            let model = try codec.decode(message, base: ModelVector(decoding: base), admitsNotANumber: true)
            return model.encoded(metadata: try SafetensorsFile(bytes: message).metadata)
        } catch let error as CompressionError {
            throw FederationError.malformedWeights(reason: "\(error)")
        }
    }
}

// MARK: - At the server

extension Server {
    /// The updates received since they were last asked for, decoded, in the order of clients whatever the order of
    /// arrival: a sum of floating-point numbers depends on it.
    public func receivedUpdates() async throws -> [ReceivedUpdate] {
        let pending = takeUpdates().map { client, update in (client, update, beginDecoding(update)) }
        var received: [ReceivedUpdate] = []
        for (client, update, work) in pending {
            received.append(try await finish(update, from: client, work))
        }
        return received
    }

    /// One update, decoded.
    func decode(_ update: ModelUpdate, from client: Int) async throws -> ReceivedUpdate {
        try await finish(update, from: client, beginDecoding(update))
    }

    private func beginDecoding(_ update: ModelUpdate) -> RunContext.Pending<DerivedBytes>? {
        let form = update.form, limit = limitAfterDecoding(form)
        guard !form.isPlain, let base = update.model.base else { return nil }
        let derivation = Derivation(
            kind: "decompress", rule: "\(form)" + (limit.map { " clip \($0)" } ?? ""),
            inputs: [update.bytes, base], operations: form.operations + (limit == nil ? 0 : 6),
            byteCount: context.byteCount(of: update.model))
        return context.begin(derivation) { inputs in
            let state = try form.decode(inputs[0], base: inputs[1])
            guard let limit else { return (state, nil) }
            var model = try ModelVector(decoding: state)
            GaussianMechanism.clip(&model, base: try ModelVector(decoding: inputs[1]), limit: limit)
            return (model.encoded(metadata: try SafetensorsFile(bytes: state).metadata), nil)
        }
    }

    /// The norm to which the server cuts a decoded change, where it adds the noise and the form is lossy:
    /// rounding may have lengthened what the client has clipped, and error feedback adds to it.
    private func limitAfterDecoding(_ form: UploadForm) -> Double? {
        let settings = context.scenario.privacy
        guard form.codec != nil, settings.place == .server, context.rules >= .current else { return nil }
        return settings.clip
    }

    private func finish(
        _ update: ModelUpdate, from client: Int, _ work: RunContext.Pending<DerivedBytes>?
    ) async throws -> ReceivedUpdate {
        var state = update.bytes
        if let work { state = try await context.join(work, on: device).output.main }
        return ReceivedUpdate(
            client: client, state: state, samples: update.model.samples, steps: update.model.steps,
            control: update.control)
    }
}
