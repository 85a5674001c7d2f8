import Yams

extension Scenario {
    /// The section `attack`: what some clients do to mislead the server.
    public struct Attack: Sendable, Equatable {
        /// What they do.
        public var kind: AttackKind = .none
        /// The part of the clients that is drawn to attack, where none are listed.
        public var fraction: Double = 0.2
        /// The clients that attack, ascending; `nil` draws them.
        public var clients: [Int]?
        /// The class whose labels are changed; `nil` for all.
        public var source: Int?
        /// What they become; `nil` for the class after each, and 0 for a backdoor.
        public var target: Int?
        /// By what the change of a model is multiplied; `nil` for 1 of `backdoor`, otherwise 10.
        public var scale: Double?
        /// The width and height of a backdoor's trigger, in pixels.
        public var trigger: Int = 3
        /// The part of an attacker's images that carry the trigger.
        public var poisoned: Double = 0.5
        /// Prompts for each class in a flood.
        public var flood: Int = 100
        /// The text that takes the place of prompts.
        public var text: String = ""
    }

    /// What attackers do.
    public enum AttackKind: String, Sendable, CaseIterable {
        /// Nobody attacks.
        case none
        /// They train on wrong labels.
        case labelFlip = "label-flip"
        /// They send the opposite of the change of their model.
        case signFlip = "sign-flip"
        /// They send a multiple of the change of their model.
        case scaled
        /// They train images with a trigger to be of a class of their choice.
        case backdoor
        /// They give their prompts another label.
        case wrongLabel = "wrong-label"
        /// They describe their classes by prompts of other classes.
        case otherClass = "other-class"
        /// They send a text of their choice.
        case text
        /// They send many prompts of other classes.
        case flood
    }
}

extension Scenario.AttackKind {
    /// Whether the text of prompts is another one.
    var changesText: Bool { [.otherClass, .text, .flood].contains(self) }
    /// Whether the attackers want wrong classes of their choice.
    var hasGoal: Bool { ![.none, .signFlip, .scaled, .text].contains(self) }
}

extension ScenarioKey {
    /// A key of a section that stands in the text of a scenario only where one of its keys is given.
    init<Section: Equatable & Sendable, Value: Sendable>(
        _ path: String, in section: WritableKeyPath<Scenario, Section> & Sendable, unlike unused: Section,
        _ keyPath: WritableKeyPath<Section, Value> & Sendable, _ format: ValueFormat<Value>,
        _ documentation: String
    ) {
        self.init(
            path, get: { $0[keyPath: section][keyPath: keyPath] },
            set: { $0[keyPath: section][keyPath: keyPath] = $1 }, format, documentation,
            isWritten: { $0[keyPath: section] != unused })
    }
}

extension ScenarioKeys {
    private static func attack<Value: Sendable>(
        _ name: String, _ keyPath: WritableKeyPath<Scenario.Attack, Value> & Sendable,
        _ format: ValueFormat<Value>, _ documentation: String
    ) -> ScenarioKey {
        ScenarioKey(
            "attack.\(name)", in: \.attack, unlike: Scenario.Attack(), keyPath, format, documentation)
    }

    static let attack = [
        attack(
            "kind", \.kind, .choice,
            "What attackers do: wrong labels in training (label-flip), the negative (sign-flip) or a "
                + "multiple (scaled) of their model's change, a trigger (backdoor); prompts under another "
                + "label (wrong-label), of another class (other-class), of attack.text (text), or many "
                + "(flood). attack: sign-flip says the same as attack: { kind: sign-flip }."),
        attack(
            "fraction", \.fraction, .number(from: 0, to: 1),
            "The part of the clients that is drawn to attack, where attack.clients lists none."),
        ScenarioKey(
            "attack.clients", optional: \.attack.clients, .clientNumbers, absent: "attack.fraction of them",
            "The clients that attack, by number."),
        ScenarioKey(
            "attack.source", optional: \.attack.source, .integer(0...999), absent: "all classes",
            "The class, by number, whose labels label-flip and wrong-label change."),
        ScenarioKey(
            "attack.target", optional: \.attack.target, .integer(0...999),
            absent: "the class after each; 0 for backdoor",
            "The class, by number, that attackers want."),
        ScenarioKey(
            "attack.scale", optional: \.attack.scale, .number(above: 0, atMost: 1_000_000),
            absent: "10 for sign-flip and scaled, 1 for backdoor",
            "By what the change of an attacker's model is multiplied; sign-flip takes its negative."),
        attack(
            "trigger", \.trigger, .integer(1...1024),
            "The width and height of a backdoor's white square in the lower right corner, in pixels "
                + "(BadNets: 4 of 28)."),
        attack(
            "poisoned", \.poisoned, .number(above: 0, atMost: 1),
            "The part of an attacker's images that carry the trigger in training."),
        attack("flood", \.flood, .integer(1...10_000), "Prompts for each class in a flood."),
        attack(
            "text", \.text, .text("text on one line, which may be empty") { _ in true },
            "The text of attack.kind: text."),
    ]
}

extension ValueFormat where Value == [Int] {
    /// Numbers of clients, ascending when read.
    static var clientNumbers: Self {
        let allowed = "a list of client numbers such as [0, 3]"
        return Self(kind: .list, allowed: allowed) { node, path, reader in
            guard case .sequence(let items) = node, items.count > 0 else {
                reader.reject(node, path, allowed: allowed)
                return nil
            }
            var numbers: [Int] = []
            for (index, item) in items.enumerated() {
                guard let number = item.plainText.flatMap({ Int($0) }), 0..<1_000_000 ~= number else {
                    reader.reject(item, "\(path)[\(index)]", allowed: "a whole number from 0 to 999999")
                    return nil
                }
                guard !numbers.contains(number) else {
                    reader.report(.duplicateItem(value: "\(number)"), at: "\(path)[\(index)]", item)
                    return nil
                }
                numbers.append(number)
            }
            return numbers.sorted()
        } write: { numbers in
            Node(numbers.map { Node("\($0)") }, .implicit, .flow)
        }
    }
}

extension ScenarioReader {
    /// Reports attackers who are not there, and attacks that do not go with the rest.
    mutating func checkAttack(of scenario: Scenario) {
        let attack = scenario.attack
        func conflict(_ key: String, _ value: String, with other: String, _ allowed: String) {
            reportConflict(value, with: other, allowed: allowed, at: key)
        }
        if let last = attack.clients?.last, last >= scenario.clients {
            conflict(
                "attack.clients", "\(last)", with: "clients: \(scenario.clients)",
                "client numbers from 0 to \(scenario.clients - 1)")
        }
        if let source = attack.source, let target = attack.target, source == target {
            conflict("attack.target", "\(target)", with: "attack.source: \(source)", "another class")
        }
        if attack.kind == .backdoor, attack.trigger > scenario.data.side {
            conflict(
                "attack.trigger", "\(attack.trigger)", with: "data.side: \(scenario.data.side)",
                "at most the width of an image")
        }
        if attack.kind.changesText, scenario.synthesis.prompts == .tailored {
            conflict(
                "attack.kind", attack.kind.rawValue, with: "synthesis.prompts: tailored",
                "wrong-label: learnt words are no text")
        }
    }
}
