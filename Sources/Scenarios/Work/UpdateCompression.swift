import Models
import RunLog

/// Writes a client's model in the form in which it is uploaded.
package struct UpdateCompression: Derivation {
    package static let activity = WorkKind.compress

    package let model: ClassifierReference
    let form: UploadForm
    /// What the client has made of `base`.
    let local: StoredBytes
    /// The model that it was sent.
    let base: StoredBytes
    /// What earlier uploads have left out, where the form keeps that.
    let residual: StoredBytes?
    /// Of rounding; `nil` where nothing is drawn.
    let seed: UInt64?
    package var sizes = DerivedSizes()

    private enum CodingKeys: String, CodingKey { case model, form, local, base, residual, seed }

    package init(
        _ model: ClassifierReference, _ local: StoredBytes, base: StoredBytes, residual: StoredBytes?,
        as form: UploadForm, seed: UInt64, sizes: DerivedSizes
    ) {
        self.model = model
        self.form = form
        self.local = local
        self.base = base
        self.residual = residual
        self.seed = form.isRandom ? seed : nil
        self.sizes = sizes
    }

    package var inputs: [StoredBytes] { [local, base] + (residual.map { [$0] } ?? []) }
    package var operations: Double { form.operations }
    package var makesState: Bool { false }

    package func derive(
        from inputs: [[UInt8]], _ architecture: any ClassifierArchitecture
    ) throws -> (main: [UInt8], kept: [UInt8]?) {
        var message = inputs[0], kept: [UInt8]?
        if let codec = form.codec {
            let file = try SafetensorsFile(bytes: inputs[0])
            var memory =
                try inputs.dropFirst(2).first.map {
                    try SafetensorsFile(bytes: $0).tensor(named: "residual").floats
                } ?? []
            message = codec.encode(
                try ModelVector(decoding: inputs[0]), base: try ModelVector(decoding: inputs[1]),
                residual: &memory, seed: seed ?? 0, metadata: file.metadata)
            if codec.hasFeedback { kept = Safetensors.encode([("residual", Tensor(memory))]) }
        }
        if let level = form.zstdLevel { message = Zstandard.compress(message, level: level) }
        return (message, kept)
    }
}
