import Models

/// MOON's term in a client's training, as work names it; the global model is where the training starts.
package struct LocalContrast: Codable, Sendable {
    /// The client's model of the round before.
    let previous: StoredBytes
    /// The term's weight.
    let mu: Double
    let temperature: Double

    private enum CodingKeys: String, CodingKey { case previous, mu, temperature }

    package init(previous: StoredBytes, mu: Double, temperature: Double) {
        self.previous = previous
        self.mu = mu
        self.temperature = temperature
    }

    /// The term of a training that starts from some weights.
    func contrast(
        _ model: ClassifierReference, from start: ModelStart, in environment: WorkerEnvironment
    ) throws -> ModelContrast {
        ModelContrast(
            global: try start.classifier(model, in: environment).network,
            previous: try ModelStart.state(previous).classifier(model, in: environment).network,
            weight: mu, temperature: temperature)
    }
}
