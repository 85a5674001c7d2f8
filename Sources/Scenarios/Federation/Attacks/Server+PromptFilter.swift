import Core
import Models
import RunLog

/// Images that show what a client describes.
private struct Probe {
    let client: Int
    /// One piece of work for each label that it describes.
    let parts: [Part]

    typealias Part = (label: Int, pixels: StoredBytes)
}

extension Server {
    /// What the descriptions ask for that have been received since they were last asked for, without those
    /// that the scenario's `prompt-filter` leaves out.
    ///
    /// The filter by agreement synthesizes a few images for each client and class, trains a classifier on
    /// those of all other clients, and asks it for the labels of this client's. Only labels that another
    /// client describes, too, are asked for; who describes none of these is taken. A client is left out
    /// whose agreement is below a part of the median of all, so that a weak classifier leaves out nobody.
    public func acceptedDescriptions() async throws -> [SynthesisRequest] {
        let received = takeDescriptions()
        guard context.scenario.promptFilter.rule == .agreement, received.count > 1 else {
            return requests(for: received)
        }
        let agreements = try await agreements(of: received)
        let known = agreements.values.sorted()
        guard !known.isEmpty else { return requests(for: received) }
        let needed = context.scenario.promptFilter.agreement * known[known.count / 2]
        var accepted: [(client: Int, description: ImageDescription)] = []
        for (client, description) in received {
            let agreement = agreements[client]
            if let agreement, !context.isTimingOnly {
                context.recorder.metric(
                    at: context.simulation.now, round: context.round, client: client, split: .participation,
                    name: .promptAgreement, value: agreement)
            }
            if let agreement, agreement < needed {
                context.log(
                    .promptsRejected, client: client,
                    detail: ["agreement": .real(agreement), "needed": .real(needed)])
            } else {
                accepted.append((client, description))
            }
        }
        return requests(for: accepted)
    }

    /// The share of a client's images that get its label, by client; nothing for a client whose labels no
    /// other client describes.
    private func agreements(
        of received: [(client: Int, description: ImageDescription)]
    ) async throws -> [Int: Double] {
        let probes = try await probes(of: received)
        // Clients with equal prompts have equal others, and one classifier judges them.
        var judges: [String: StoredBytes] = [:]
        var agreements: [Int: Double] = [:]
        for probe in probes {
            let others = probes.filter { $0.client != probe.client }.flatMap(\.parts)
            let known = Set(others.map(\.label))
            let own = probe.parts.filter { known.contains($0.label) }
            guard !own.isEmpty else { continue }
            let training = judging(others), key = WorkKey(training).sha256
            if judges[key] == nil {
                let pending = context.begin(training, isShared: true)
                judges[key] = try await context.join(pending, on: device).output.state.bytes
            }
            guard let judge = judges[key] else { continue }
            let asked = PromptAgreement(context.classifier, of: judge, on: images(own))
            let found = try await context.perform(asked, on: device).output.accuracy
            // An answer that is no number agrees with nobody.
            agreements[probe.client] = found.isFinite ? found : 0
        }
        return agreements
    }

    /// The training of the classifier that judges.
    private func judging(_ parts: [Probe.Part]) -> Training {
        context.training(
            from: .initial(seed: context.workSeed("initial-weights")), on: TrainingImages(images(parts)),
            epochs: context.scenario.promptFilter.epochs, context.scenario.synthesis.optimizer,
            seed: context.workSeed("prompt-filter-training"))
    }

    private func images(_ parts: [Probe.Part]) -> SyntheticImages {
        let count = context.scenario.promptFilter.images
        return SyntheticImages(
            parts: parts.map(\.pixels), side: context.data.train.side,
            labels: parts.flatMap { Array(repeating: Int32($0.label), count: count) },
            classNames: context.data.train.classNames)
    }

    /// Images of each client's descriptions; equal ones are made once.
    private func probes(
        of received: [(client: Int, description: ImageDescription)]
    ) async throws -> [Probe] {
        let settings = context.scenario, foundation = context.machinery.models.foundation(of: settings).sha256
        let seed = context.workSeed("prompt-filter")
        var made: [String: StoredBytes] = [:]
        var probes: [Probe] = []
        for (client, description) in received {
            let requests = requests(for: [(client, description)])
            let byLabel = Dictionary(grouping: requests, by: \.label).sorted { $0.key < $1.key }
            var parts: [Probe.Part] = []
            for (label, requests) in byLabel {
                let counts = SynthesisShare.counts(
                    weights: requests.map(\.weight), total: settings.promptFilter.images)
                let runs = zip(requests, counts).filter { $1 > 0 }.map { request, count in
                    Synthesis.Run(SynthesisCondition(request.condition), first: 0, count: count)
                }
                let work = Synthesis(
                    by: foundation, of: runs, sampling: SamplingSettings(settings.synthesis),
                    side: context.data.train.side, seed: seed,
                    requests.first?.personalization)
                let key = WorkKey(work).sha256
                if made[key] == nil { made[key] = try await context.perform(work, on: device).output }
                if let pixels = made[key] { parts.append((label, pixels)) }
            }
            probes.append(Probe(client: client, parts: parts))
        }
        return probes
    }
}
