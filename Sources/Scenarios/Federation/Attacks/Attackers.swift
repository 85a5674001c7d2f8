import Core
import Models
import RunLog

/// Which clients of a run attack, and how.
final class Attackers {
    let settings: Scenario.Attack
    /// Their numbers, ascending.
    let clients: [Int]
    private let members: Set<Int>
    /// Whether one of them has done anything yet.
    private(set) var haveActed = false

    /// Draws those of a scenario, or takes those that it lists.
    init(_ scenario: Scenario, seed: UInt64) {
        settings = scenario.attack
        if settings.kind == .none {
            clients = []
        } else if let listed = settings.clients {
            clients = listed
        } else {
            let count = Int((settings.fraction * Double(scenario.clients)).rounded())
            var stream = RandomStream(seed: seed, purpose: "attackers")
            clients = Array(0..<scenario.clients).shuffled(using: &stream).prefix(count).sorted()
        }
        members = Set(clients)
    }

    /// Whether a client attacks by one of these kinds; notes that it has done so.
    func attacks(_ client: Int, by kinds: [Scenario.AttackKind]) -> Bool {
        guard members.contains(client), kinds.contains(settings.kind) else { return false }
        haveActed = true
        return true
    }

    /// How labels are changed; `nil` where the attack changes none.
    var labels: ImagePoison? {
        guard settings.kind.hasGoal else { return nil }
        let isBackdoor = settings.kind == .backdoor
        return ImagePoison(
            source: settings.source, target: settings.target ?? (isBackdoor ? 0 : nil),
            trigger: isBackdoor
                ? ImagePoison.Trigger(size: settings.trigger, share: settings.poisoned, seed: 0) : nil)
    }
}

extension RunContext {
    /// Logs who attacks, and refuses classes that the data do not have.
    ///
    /// - Throws: `FederationError.noSuchClass`.
    func announceAttack() throws {
        let settings = attackers.settings, classes = data.train.classNames.count
        guard settings.kind != .none else { return }
        for (key, value) in [("attack.source", settings.source), ("attack.target", settings.target)] {
            guard let value, classes > 0, value >= classes else { continue }
            throw FederationError.noSuchClass(key: key, value: value, classes: classes)
        }
        let clients = attackers.clients
        log(
            .attack,
            detail: [
                "attack": .text(settings.kind.rawValue), "count": .integer(clients.count),
                "clients": .list(clients.prefix(1000).map { .integer($0) }),
            ])
        if clients.isEmpty, settings.fraction > 0 {
            progress.warned(
                "nobody attacks: attack.fraction \(formatDecimal(settings.fraction)) of "
                    + "\(scenario.clients) clients is less than one")
        }
    }

    /// Tells the user where no attacker has come to act in a run.
    func warnAboutIdleAttackers(_ method: String) {
        guard !attackers.clients.isEmpty, !attackers.haveActed else { return }
        progress.warned(
            "no client has attacked: \(method) gives attack.kind \(attackers.settings.kind.rawValue) nothing "
                + "to change, or no attacker took part")
    }

    /// Begins to try a model on what the attackers want; `nil` where they want no class.
    func pendingAttackTest(of weights: ModelStart) -> PendingWork<Classifier.Evaluation>? {
        guard !attackers.clients.isEmpty, let goal = attackers.labels, data.testCount > 0 else { return nil }
        return submit(AttackTest(classifier, of: weights, by: goal, on: data.testSHA256))
    }
}
