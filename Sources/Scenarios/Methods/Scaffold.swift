import Models
import RunLog
import Simulator

/// SCAFFOLD: clients correct their gradients by how their data differ from everybody's.
///
/// Karimireddy et al., "SCAFFOLD: Stochastic Controlled Averaging for Federated Learning",
/// https://arxiv.org/abs/1910.06378, algorithm 1 with option II: gᵢ(y) − cᵢ + c instead of gᵢ(y); then cᵢ⁺ =
/// cᵢ − c + (x − yᵢ) / (K η). The server takes the plain mean of its clients. With momentum or a schedule, K
/// η is how far the steps reach (`LocalSteps`), which is K η without. Control variates travel as messages of
/// their own: c down, the change of cᵢ up, four bytes for each parameter.
///
/// Not as in the paper: no option I (a gradient over all of a client's images at the server's model); c,
/// which everybody knows to be zero at first, is not sent in the first round; batch norm's statistics are
/// averaged and have no control variate; momentum and weight decay, which the paper's steps do not have, are
/// the scenario's (`momentum: 0` and `weight-decay: 0` are the paper's).
public struct Scaffold: FederatedMethod {
    public let name = "scaffold"
    public let summary = "FedAvg with control variates against client drift, which travel too"
    public let noisePlaces: [Scenario.NoisePlace] = []
    public let usesAggregation = false

    public func plannedRounds(in scenario: Scenario) -> Int? { scenario.training.rounds }

    public func run(on federation: Federation) async throws {
        let server = federation.server, rate = federation.scenario.scaffold.rate
        // Everybody knows that the first one is zero.
        var control: StoredBytes?
        try await federation.playRounds(from: server.initialModel()) { client, global in
            try await client.obtain(global)
            if let control { try await client.obtain(control: control) }
            let own = client.ownControl
            let local = try await client.train(
                LocalTraining(correction: .control(server: control, own: own)))
            let change = try await client.controlChange(from: global, to: local, server: control)
            try await client.upload(
                local, control: change.main, keeping: ["control": change.kept].compactMapValues(\.self))
        } aggregate: { updates, global in
            control = try await server.add(updates.compactMap(\.control), to: control)
            let share = 1 / Double(updates.count)
            let terms = updates.map { MixtureTerm($0.state, weight: rate * share, statistics: share) }
            return try await server.mix([MixtureTerm(global.bytes, weight: 1 - rate, statistics: 0)] + terms)
        }
    }
}

/// The vectors of SCAFFOLD.
package enum ControlVariate {
    /// The change of a client's control variate, cᵢ⁺ − cᵢ = (x − yᵢ) / reach − c.
    package static func change(
        start: [Float], end: [Float], server: [Float]?, reach: Double
    ) -> [Float] {
        guard reach > 0 else { return [Float](repeating: 0, count: start.count) }
        var change = Vectors.difference(start, end)
        Vectors.scale(&change, by: Float(1 / reach))
        if let server { Vectors.add(server, to: &change, scale: -1) }
        return change
    }

    /// The server's next control variate, c + Σ (cᵢ⁺ − cᵢ) / clients.
    package static func next(_ server: [Float]?, changes: [[Float]], clients: Int) -> [Float] {
        var next = server ?? [Float](repeating: 0, count: changes.first?.count ?? 0)
        for change in changes { Vectors.add(change, to: &next, scale: 1 / Float(clients)) }
        return next
    }

    /// The parameters of a state, or of a control variate.
    fileprivate static func values(_ bytes: [UInt8]) throws -> [Float] {
        try ModelVector(decoding: bytes, name: "control variate").parameters
    }

    /// A control variate as bytes.
    fileprivate static func encoded(
        _ values: [Float], _ architecture: any ClassifierArchitecture
    ) -> [UInt8] {
        let layout = StateScope.parameters.layout(of: architecture.stateLayout)
        return ModelVector(layout: layout, parameters: values).encoded()
    }
}

extension Client {
    /// The control variate that it keeps; `nil` is zero.
    fileprivate var ownControl: StoredBytes? { context.memories[id, "control"] }

    /// Downloads the server's control variate, unless it is the one that it has received last.
    fileprivate func obtain(control: StoredBytes) async throws {
        let name = "server's control"
        if context.memories[id, name]?.sha256 == control.sha256 { return }
        try await context.send(.control(control), client: id, direction: .down)
        context.memories[id, name] = control
    }

    /// The change of its control variate by a training, and what it then is.
    fileprivate func controlChange(
        from start: ModelState, to end: ModelState, server: StoredBytes?
    ) async throws -> DerivedBytes {
        let settings = context.scenario.training
        let steps = context.options(epochs: settings.localEpochs, settings.optimizer).steps(
            images: images.count, smallest: context.classifier.architecture.smallestBatch)
        let bytes = context.machinery.sizes.bytes(of: context.classifier, .parameters)
        let work = ControlChange(
            context.classifier, from: start.bytes, to: end.bytes, server: server, own: ownControl,
            reach: settings.optimizer.reach(ofSteps: steps), sizes: DerivedSizes(main: bytes, kept: bytes))
        return try await context.perform(work, client: id, on: device).output
    }
}

extension Server {
    /// The server's next control variate.
    fileprivate func add(_ changes: [StoredBytes], to control: StoredBytes?) async throws -> StoredBytes {
        let bytes = context.machinery.sizes.bytes(of: context.classifier, .parameters)
        let work = ControlSum(
            context.classifier, control: control, changes: changes, clients: context.scenario.clients,
            sizes: DerivedSizes(main: bytes))
        return try await context.perform(work, on: device).output.main
    }
}

// MARK: - Work

/// The change of a client's control variate by a training; it keeps the new control variate.
package struct ControlChange: Derivation {
    package static let kind = "control-change"
    package static let activity = WorkKind.control

    package let model: ClassifierReference
    /// The model that was trained.
    let start: StoredBytes
    /// What became of it.
    let end: StoredBytes
    /// The server's control variate; `nil` is zero.
    let server: StoredBytes?
    /// The client's control variate before the training; `nil` is zero.
    let own: StoredBytes?
    /// How far the steps of the training reach.
    let reach: Double
    package var sizes = DerivedSizes()

    private enum CodingKeys: String, CodingKey { case model, start, end, server, own, reach }

    package init(
        _ model: ClassifierReference, from start: StoredBytes, to end: StoredBytes, server: StoredBytes?,
        own: StoredBytes?, reach: Double, sizes: DerivedSizes
    ) {
        self.model = model
        self.start = start
        self.end = end
        self.server = server
        self.own = own
        self.reach = reach
        self.sizes = sizes
    }

    package var inputs: [StoredBytes] { [start, end] + [server, own].compactMap(\.self) }
    package var operations: Double { 6 }

    package func derive(
        from inputs: [[UInt8]], _ architecture: any ClassifierArchitecture
    ) throws -> (main: [UInt8], kept: [UInt8]?) {
        var rest = inputs.dropFirst(2)
        let control = try server == nil ? nil : rest.popFirst().map(ControlVariate.values)
        let before = try own == nil ? nil : rest.popFirst().map(ControlVariate.values)
        let change = ControlVariate.change(
            start: try ControlVariate.values(inputs[0]), end: try ControlVariate.values(inputs[1]),
            server: control, reach: reach)
        var next = before ?? [Float](repeating: 0, count: change.count)
        Vectors.add(change, to: &next)
        return (
            ControlVariate.encoded(change, architecture),
            ControlVariate.encoded(next, architecture)
        )
    }
}

/// The server's next control variate.
package struct ControlSum: Derivation {
    package static let kind = "control-sum"
    package static let activity = WorkKind.control

    package let model: ClassifierReference
    /// The last one; `nil` is zero.
    let control: StoredBytes?
    /// The changes of the clients that took part.
    let changes: [StoredBytes]
    /// How many clients the federation has.
    let clients: Int
    package var sizes = DerivedSizes()

    private enum CodingKeys: String, CodingKey { case model, control, changes, clients }

    package init(
        _ model: ClassifierReference, control: StoredBytes?, changes: [StoredBytes], clients: Int,
        sizes: DerivedSizes
    ) {
        self.model = model
        self.control = control
        self.changes = changes
        self.clients = clients
        self.sizes = sizes
    }

    package var inputs: [StoredBytes] { (control.map { [$0] } ?? []) + changes }
    package var operations: Double { 2 * Double(changes.count) }

    package func derive(
        from inputs: [[UInt8]], _ architecture: any ClassifierArchitecture
    ) throws -> (main: [UInt8], kept: [UInt8]?) {
        var rest = inputs[...]
        let server = try control == nil ? nil : rest.popFirst().map(ControlVariate.values)
        let next = ControlVariate.next(
            server, changes: try rest.map(ControlVariate.values), clients: clients)
        return (ControlVariate.encoded(next, architecture), nil)
    }
}

extension WorkKind {
    /// Work on control variates.
    static let control = WorkKind(
        "control",
        meaning: "SCAFFOLD: a client's control variate is renewed, or the server adds up their changes.")
}
