import Models
import RunLog

/// How a server that has averaged its clients' models goes on from its own: a pure function of flat vectors.
///
/// Reddi et al., "Adaptive Federated Optimization", https://arxiv.org/abs/2003.00295, algorithm 2: the mean
/// change Δ of the clients takes the place of a gradient. Batch norm's statistics are those of the mean.
///
/// Its numbers are `Codable`, since they are part of the text of its work.
package protocol ServerRule: Codable, Sendable {
    /// Names the rule in the text of its work.
    static var name: String { get }
    /// What each vector that it remembers from round to round is before the first, for every parameter.
    var initialMemory: [Float] { get }

    /// The next weights, from the mean change of the clients.
    ///
    /// - Parameter memory: the vectors it remembers, each as long as `weights`.
    /// - Complexity: One pass over the vectors.
    func step(_ weights: inout [Float], change: [Float], memory: inout [[Float]])
}

/// What a rule remembers between rounds, as bytes at the server.
private enum RuleMemory {
    static func encode(_ memory: [[Float]]) -> [UInt8] {
        Safetensors.encode(memory.enumerated().map { ("memory\($0)", Tensor($1)) })
    }

    static func decode(_ bytes: [UInt8], count: Int) throws -> [[Float]] {
        let file = try SafetensorsFile(bytes: bytes, name: "server memory")
        return try (0..<count).map { try file.tensor(named: "memory\($0)").floats }
    }

    static func byteCount(parameters: Int, vectors: Int) -> Int {
        Safetensors.encodedByteCount(
            (0..<vectors).map { .init(name: "memory\($0)", shape: [parameters], type: .float32) })
    }
}

extension Federation {
    /// Plays FedAvg's rounds, with a rule at the server in the place of its average.
    func playRounds(with rule: some ServerRule) async throws {
        let server = server
        var memory: StoredBytes?
        try await playRounds(from: server.initialModel()) { updates, global in
            let mean = try await server.average(updates)
            let (model, kept) = try await server.step(by: rule, from: global, toward: mean, memory: memory)
            memory = kept
            return model
        }
    }
}

extension Server {
    /// Takes a step from the global model by the mean of the clients' models.
    func step<Rule: ServerRule>(
        by rule: Rule, from global: ModelState, toward mean: ModelState, memory: StoredBytes?
    ) async throws -> (ModelState, memory: StoredBytes?) {
        let work = ServerStep(
            context.classifier, by: rule, from: global.bytes, toward: mean.bytes, memory: memory,
            sizes: DerivedSizes(
                main: context.machinery.sizes.bytes(of: context.classifier, .whole),
                kept: RuleMemory.byteCount(
                    parameters: ModelVector.sizes(of: context.stateLayout).parameters,
                    vectors: rule.initialMemory.count)))
        let made = try await context.perform(work, on: device).output
        return (ModelState(bytes: made.main, samples: mean.samples), made.kept)
    }
}

/// Takes a step of a server rule, and keeps what the rule remembers.
package struct ServerStep<Rule: ServerRule>: Derivation {
    package static var kind: String { "server-step-\(Rule.name)" }
    package static var activity: WorkKind { .serverStep }
    package static var makesModel: Bool { true }

    package let model: ClassifierReference
    let rule: Rule
    let global: StoredBytes
    /// The mean of the clients' models.
    let mean: StoredBytes
    /// What the rule remembers; `nil` before the first step.
    let memory: StoredBytes?
    package var sizes = DerivedSizes()

    private enum CodingKeys: String, CodingKey { case model, rule, global, mean, memory }

    package init(
        _ model: ClassifierReference, by rule: Rule, from global: StoredBytes, toward mean: StoredBytes,
        memory: StoredBytes?, sizes: DerivedSizes
    ) {
        self.model = model
        self.rule = rule
        self.global = global
        self.mean = mean
        self.memory = memory
        self.sizes = sizes
    }

    package var inputs: [StoredBytes] { [global, mean] + (memory.map { [$0] } ?? []) }
    package var operations: Double { Double(4 + 4 * rule.initialMemory.count) }

    package func derive(
        from inputs: [[UInt8]], _ architecture: any ClassifierArchitecture
    ) throws -> (main: [UInt8], kept: [UInt8]?) {
        let global = try ModelVector(decoding: inputs[0])
        var model = try ModelVector(decoding: inputs[1])
        let change = Vectors.difference(model.parameters, global.parameters)
        var memory =
            inputs.count > 2
            ? try RuleMemory.decode(inputs[2], count: rule.initialMemory.count)
            : rule.initialMemory.map { [Float](repeating: $0, count: change.count) }
        model.parameters = global.parameters
        rule.step(&model.parameters, change: change, memory: &memory)
        return (model.encoded(), RuleMemory.encode(memory))
    }
}

extension WorkKind {
    /// A server optimizer's step.
    static let serverStep = WorkKind(
        "server-step", meaning: "A server optimizer moves the model along the mean of the updates.")
}
