import Models
import RunLog

/// Reads a client's upload, and cuts its change to a norm where the server's noise needs that.
package struct UpdateDecompression: Derivation {
    package static let activity = WorkKind.decompress

    package let model: ClassifierReference
    let form: UploadForm
    let message: StoredBytes
    /// The model that the client was sent.
    let base: StoredBytes
    /// The largest L2 norm of the decoded change; `nil` for any.
    let clip: Double?
    package var sizes = DerivedSizes()

    private enum CodingKeys: String, CodingKey { case model, form, message, base, clip }

    package init(
        _ model: ClassifierReference, _ message: StoredBytes, base: StoredBytes, as form: UploadForm,
        clip: Double?, sizes: DerivedSizes
    ) {
        self.model = model
        self.form = form
        self.message = message
        self.base = base
        self.clip = clip
        self.sizes = sizes
    }

    package var inputs: [StoredBytes] { [message, base] }
    package var operations: Double { form.operations + (clip == nil ? 0 : 6) }

    package func derive(
        from inputs: [[UInt8]], _ architecture: any ClassifierArchitecture
    ) throws -> (main: [UInt8], kept: [UInt8]?) {
        let state = try decode(inputs[0], base: inputs[1])
        guard let clip else { return (state, nil) }
        var model = try ModelVector(decoding: state)
        GaussianMechanism.clip(&model, base: try ModelVector(decoding: inputs[1]), limit: clip)
        return (model.encoded(metadata: try SafetensorsFile(bytes: state).metadata), nil)
    }

    /// Reads what `UpdateCompression` has written.
    ///
    /// - Throws: `FederationError.malformedWeights`; `SafetensorsError` where the base is none.
    private func decode(_ bytes: [UInt8], base: [UInt8]) throws -> [UInt8] {
        do {
            var message = bytes
            // No update is longer than twice its state: sparse values have positions beside them.
            if form.zstdLevel != nil {
                message = try Zstandard.decompress(message, limit: 2 * base.count + 65_536)
            }
            guard let codec = form.codec else { return message }
            // What has diverged arrives as that: the log says so, and the run goes on.
            let model = try codec.decode(message, base: ModelVector(decoding: base), admitsNotANumber: true)
            return model.encoded(metadata: try SafetensorsFile(bytes: message).metadata)
        } catch let error as CompressionError {
            throw FederationError.malformedWeights(reason: "\(error)")
        }
    }
}
