/// How a client's update of a model is written in fewer bytes: the change of its parameters in a lossy form,
/// and batch norm's statistics as they are.
///
/// The server knows the model that the client was sent, so a change is enough. Everything random comes from a
/// seed.
public enum UpdateCodec: Sendable, Hashable {
    /// Changes in half precision; those beyond ±65504 become ±65504.
    case float16
    /// Eight bits a change, stochastically rounded, a scale per bucket (`StochasticQuantizer`).
    case int8(bucket: Int)
    /// The fraction of the changes that are largest, in full precision, with their positions (`TopK`).
    case topK(fraction: Double)

    /// The name in messages.
    public var name: String {
        switch self {
        case .float16: "fp16"
        case .int8: "int8"
        case .topK: "top-k"
        }
    }

    /// Whether what is not sent is kept for the next update.
    public var hasFeedback: Bool { if case .topK = self { true } else { false } }

    /// The tensors of a message for a model of this layout.
    private func declarations(for layout: [Safetensors.Declaration]) -> [Safetensors.Declaration] {
        let sizes = ModelVector.sizes(of: layout)
        func tensor(_ name: String, _ count: Int, _ type: ElementType) -> Safetensors.Declaration {
            Safetensors.Declaration(name: name, shape: [count], type: type)
        }
        let changes =
            switch self {
            case .float16:
                [tensor("values", sizes.parameters, .float16)]
            case .int8(let bucket):
                [
                    tensor("levels", sizes.parameters, .uint8),
                    tensor(
                        "scales", StochasticQuantizer.bucketCount(of: sizes.parameters, bucket: bucket),
                        .float32),
                ]
            case .topK(let fraction):
                [
                    tensor("positions", TopK.number(fraction, of: sizes.parameters), .int32),
                    tensor("values", TopK.number(fraction, of: sizes.parameters), .float32),
                ]
            }
        let rest = [tensor("statistics", sizes.statistics, .float32), tensor("counts", sizes.counts, .int64)]
        return changes + rest.filter { $0.elementCount > 0 }
    }

    /// The length of a message for a model of this layout.
    public func byteCount(of layout: [Safetensors.Declaration], metadata: [String: String]) -> Int {
        Safetensors.encodedByteCount(declarations(for: layout), metadata: metadata)
    }

    /// The message that makes `base` into something near `update`.
    ///
    /// - Parameters:
    ///   - update: the vector to send.
    ///   - base: what the receiver has.
    ///   - residual: what earlier messages have not sent, which is added to the change; what this one does
    ///     not send afterwards. Empty is zero. Left alone by codecs without feedback.
    ///   - seed: of the rounding.
    ///   - metadata: what the message says beside it.
    /// - Precondition: both vectors have one layout, and the change is finite.
    public func encode(
        _ update: ModelVector, base: ModelVector, residual: inout [Float], seed: UInt64,
        metadata: [String: String] = [:]
    ) -> [UInt8] {
        precondition(update.layout == base.layout, "an update of another model than its base")
        var changes = Vectors.difference(update.parameters, base.parameters)
        var tensors: [(name: String, tensor: Tensor)]
        switch self {
        case .float16:
            let limit: Float = 65504
            tensors = [("values", Tensor(changes).clamp(-Double(limit), Double(limit)).to(.float16))]
        case .int8(let bucket):
            let (levels, scales) = StochasticQuantizer.quantize(changes, bucket: bucket, seed: seed)
            let bytes = levels.withUnsafeBytes { Tensor(bytes: $0, shape: [levels.count], type: .uint8) }
            tensors = [("levels", bytes), ("scales", Tensor(scales))]
        case .topK(let fraction):
            if !residual.isEmpty { Vectors.add(residual, to: &changes) }
            let number = TopK.number(fraction, of: changes.count)
            let positions = TopK.positions(of: changes, number: number)
            let values = positions.map { changes[Int($0)] }
            let indices = positions.withUnsafeBytes { Tensor(bytes: $0, shape: [number], type: .int32) }
            tensors = [("positions", indices), ("values", Tensor(values))]
            for position in positions { changes[Int(position)] = 0 }
            residual = changes
        }
        if !update.statistics.isEmpty { tensors.append(("statistics", Tensor(update.statistics))) }
        if !update.counts.isEmpty { tensors.append(("counts", Tensor(indices: update.counts))) }
        return Safetensors.encode(tensors, metadata: metadata)
    }

    /// What a message makes of `base`.
    ///
    /// - Parameters:
    ///   - bytes: the message.
    ///   - base: the model that the client was sent.
    ///   - admitsNotANumber: whether values may be infinite or not a number, as those of a client whose
    ///   training has diverged are.
    /// - Throws: `CompressionError` where the bytes are no message of this codec for this model.
    public func decode(
        _ bytes: [UInt8], base: ModelVector, admitsNotANumber: Bool = false
    ) throws(CompressionError) -> ModelVector {
        func floats(_ name: String, _ file: SafetensorsFile) throws(CompressionError) -> [Float] {
            let values = tensor(name, file).to(.float32).floats
            guard admitsNotANumber || Vectors.areFinite(values) else { throw .notFinite(tensor: name) }
            return values
        }
        let file: SafetensorsFile
        do { file = try SafetensorsFile(bytes: bytes, name: "message") } catch {
            throw .notReadable(reason: "\(error)")
        }
        try check(file, for: base.layout)
        var model = base
        switch self {
        case .float16:
            Vectors.add(try floats("values", file), to: &model.parameters)
        case .int8(let bucket):
            let scales = try floats("scales", file)
            let levels = bytesOf("levels", file)
            Vectors.add(
                StochasticQuantizer.dequantize(levels: levels, scales: scales, bucket: bucket),
                to: &model.parameters)
        case .topK:
            let values = try floats("values", file)
            let positions = integers("positions", file)
            var last: Int64 = -1
            for (position, value) in zip(positions, values) {
                guard position > last, position < model.parameters.count else {
                    throw .badPosition(position: Int(position), parameters: model.parameters.count)
                }
                model.parameters[Int(position)] += value
                last = position
            }
        }
        if !base.statistics.isEmpty { model.statistics = try floats("statistics", file) }
        if !base.counts.isEmpty { model.counts = integers("counts", file) }
        return model
    }

    /// Checks names, types and lengths before anything is read.
    private func check(
        _ file: SafetensorsFile, for layout: [Safetensors.Declaration]
    ) throws(CompressionError) {
        let expected = declarations(for: layout)
        for tensor in expected {
            guard let found = file.shape(of: tensor.name), file.elementType(of: tensor.name) == tensor.type,
                file.names.count == expected.count
            else {
                let content = file.declarations.map { "\($0.name) \($0.type) \($0.shape)" }
                throw .unexpectedContent(
                    codec: name,
                    found: content.isEmpty ? "nothing" : content.prefix(6).joined(separator: ", "))
            }
            guard found == tensor.shape else {
                throw .wrongCount(
                    tensor: tensor.name, expected: tensor.elementCount, found: found.reduce(1, *))
            }
        }
    }

    private func integers(_ name: String, _ file: SafetensorsFile) -> [Int64] {
        tensor(name, file).to(.int64).integers
    }

    private func bytesOf(_ name: String, _ file: SafetensorsFile) -> [UInt8] {
        let tensor = tensor(name, file)
        return [UInt8](unsafeUninitializedCapacity: tensor.count) { buffer, count in
            tensor.copyBytes(to: UnsafeMutableRawBufferPointer(buffer))
            count = buffer.count
        }
    }

    /// A tensor that `check` has found.
    private func tensor(_ name: String, _ file: SafetensorsFile) -> Tensor {
        do { return try file.tensor(named: name) } catch {
            preconditionFailure("a tensor that was there is missing: \(error)")
        }
    }
}
