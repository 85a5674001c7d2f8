import Models

// What a client does that attacks; all others do nothing here.

extension Client {
    /// What it does to its images before it trains; `nil` for nothing.
    var imagePoison: ImagePoison? {
        let attackers = context.attackers
        guard attackers.attacks(id, by: [.labelFlip, .backdoor]), let labels = attackers.labels else {
            return nil
        }
        let trigger = labels.trigger.map {
            ImagePoison.Trigger(
                size: $0.size, share: $0.share, seed: context.workSeed("backdoor", client: id))
        }
        return ImagePoison(source: labels.source, target: labels.target, trigger: trigger)
    }

    /// The model that it uploads in the place of what it has trained.
    func poisoned(_ local: ModelState) async throws -> ModelState {
        guard let scale = changeScale, let base = local.base else { return local }
        let work = Poisoning(context.classifier, local.bytes, base: base, scale: scale)
        let made = try await context.perform(work, client: id, on: device).output
        var state = ModelState(
            bytes: made.main, samples: local.samples, steps: local.steps, scope: local.scope)
        state.base = base
        return state
    }

    /// By what it multiplies the change of its model; `nil` where it leaves it.
    private var changeScale: Double? {
        let attackers = context.attackers, scale = attackers.settings.scale
        if attackers.attacks(id, by: [.signFlip]) { return -(scale ?? 10) }
        if attackers.attacks(id, by: [.scaled]) { return scale ?? 10 }
        guard let scale, attackers.attacks(id, by: [.backdoor]) else { return nil }
        return scale
    }

    /// The prompts that it sends in the place of true ones, by label and then text.
    func falsified(_ prompts: [Prompt]) -> [Prompt] {
        let attackers = context.attackers
        guard let change = lie, attackers.attacks(id, by: [attackers.settings.kind]) else { return prompts }
        return change(prompts).sorted { ($0.label, $0.text) < ($1.label, $1.text) }
    }

    /// The label that it gives to a description of a class.
    func falsified(label: Int) -> Int {
        let attackers = context.attackers
        guard attackers.attacks(id, by: [.wrongLabel]), let labels = attackers.labels else { return label }
        return labels.label(after: label, classes: context.data.train.classNames.count)
    }

    private var lie: (([Prompt]) -> [Prompt])? {
        let attackers = context.attackers, names = context.data.train.classNames
        let settings = attackers.settings, template = context.scenario.synthesis.template
        let labels = attackers.labels ?? ImagePoison(source: nil, target: nil)
        func text(of label: Int) -> String { template.replacing("{class}", with: names[label]) }
        /// The classes that are to be taken for this one: their words stand under its label.
        func victims(of label: Int) -> [Int] {
            names.indices.filter { $0 != label && labels.label(after: $0, classes: names.count) == label }
        }
        switch settings.kind {
        case .none, .labelFlip, .signFlip, .scaled, .backdoor: return nil
        case .wrongLabel:
            return { [self] prompts in
                prompts.map { Prompt(label: falsified(label: $0.label), text: $0.text, count: $0.count) }
            }
        case .otherClass:
            return { prompts in
                prompts.map { prompt in
                    let victim = victims(of: prompt.label).first
                    return Prompt(
                        label: prompt.label, text: victim.map(text(of:)) ?? prompt.text, count: prompt.count)
                }
            }
        case .text:
            return { $0.map { Prompt(label: $0.label, text: settings.text, count: $0.count) } }
        case .flood:
            return { prompts in
                names.indices.flatMap { label in
                    victims(of: label).prefix(1).flatMap { victim in
                        (1...settings.flood).map { Prompt(label: label, text: "\(text(of: victim)) \($0)") }
                    }
                }
            }
        }
    }
}
