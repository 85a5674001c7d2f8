import Models
import Simulator

// Differential privacy of uploaded weights: https://arxiv.org/abs/1710.06963. A neighbouring federation has one
// client more or less, so ε is that of clients, not of images.

/// What a run has spent of its clients' privacy.
final class PrivacyBook {
    private let settings: Scenario.Privacy
    private var central = RenyiAccountant()
    private var uploads: [Int: Int] = [:]
    private var most = 0

    init(_ settings: Scenario.Privacy) { self.settings = settings }

    /// Counts a round in which a fraction of the clients took part; the ε of all rounds so far.
    func round(rate: Double) -> Double {
        central.add(noise: settings.noise, rate: rate)
        return central.epsilon(delta: settings.delta)
    }

    /// Counts an upload of a client that has added noise by itself; the ε of the client that has made most, where
    /// this one does now. Whoever reads its uploads knows that it took part: nothing is gained from sampling.
    func upload(of client: Int) -> Double? {
        uploads[client, default: 0] += 1
        guard uploads[client]! > most else { return nil }
        most = uploads[client]!
        var local = RenyiAccountant()
        local.add(noise: settings.noise, rate: 1, rounds: most)
        return local.epsilon(delta: settings.delta)
    }
}

extension RunContext {
    /// Logs what has been spent; without noise it has no bound, and nothing is logged.
    fileprivate func log(epsilon: Double) {
        guard epsilon.isFinite else { return }
        recorder.metric(
            at: simulation.now, round: round, split: "privacy", name: "epsilon", value: epsilon)
    }
}

extension Client {
    /// The model with its change clipped, and noised where clients do that, as the scenario asks for it.
    func privatized(_ local: ModelState) async throws -> ModelState {
        let settings = context.scenario.privacy
        guard let limit = settings.clip else { return local }
        guard let base = local.base else { preconditionFailure("client \(id) uploads a change of no model") }
        let deviation = settings.place == .client ? settings.noise * limit : 0
        let seed = context.workSeed("noise", client: id, round: context.round)
        let derivation = Derivation(
            kind: "privatize", rule: "clip \(limit) noise \(deviation) \(deviation > 0 ? seed : 0)",
            inputs: [local.bytes, base], operations: deviation > 0 ? 30 : 6,
            byteCount: context.byteCount(of: local))
        let made = try await context.derive(derivation, client: id, on: device) { inputs in
            var model = try ModelVector(decoding: inputs[0])
            GaussianMechanism.clip(&model, base: try ModelVector(decoding: inputs[1]), limit: limit)
            GaussianMechanism.addNoise(to: &model, deviation: deviation, seed: seed)
            return (model.encoded(metadata: try SafetensorsFile(bytes: inputs[0]).metadata), nil)
        }
        if settings.place == .client, let epsilon = context.privacy.upload(of: id) {
            context.log(epsilon: epsilon)
        }
        var state = ModelState(
            bytes: made.main, samples: local.samples, steps: local.steps, scope: local.scope)
        state.base = base
        return state
    }
}

extension Server {
    /// The mean of so many clipped updates with the server's noise, where the scenario asks for it.
    func noised(_ mean: ModelState, updates: Int) async throws -> ModelState {
        let settings = context.scenario.privacy
        guard let limit = settings.clip, settings.place == .server else { return mean }
        let plan = context.participation.plan
        context.log(
            epsilon: context.privacy.round(rate: Double(plan.selected) / Double(context.scenario.clients)))
        guard settings.noise > 0 else { return mean }
        let deviation = settings.noise * limit / Double(updates)
        let seed = context.workSeed("noise", round: context.round)
        let derivation = Derivation(
            kind: "noise", rule: "deviation \(deviation) \(seed)", inputs: [mean.bytes], operations: 24,
            byteCount: mean.bytes.count)
        let made = try await context.derive(derivation, on: device) { inputs in
            var model = try ModelVector(decoding: inputs[0])
            GaussianMechanism.addNoise(to: &model, deviation: deviation, seed: seed)
            return (model.encoded(), nil)
        }
        return ModelState(bytes: made.main, samples: mean.samples, scope: mean.scope)
    }
}
