import Foundation

// What the paper's reviewers asked for: more clients, data that the foundation model does not know, other
// foundation models, compressed weights. The paper has no figures for them.

extension PaperExperiments {
    private static let asked = "Asked for by the paper's reviewers; the paper has no figures."

    /// A method's accuracy for each value of a key.
    ///
    /// - Parameter values: each as tables call it, and as a resolved scenario has it.
    private static func accuracies(
        _ label: String, of method: String, in name: String, by key: String,
        _ values: [(label: String, text: String)]
    ) -> [Term] {
        values.map { value in
            Term(
                "\(label), \(value.label)",
                Measure(.accuracy, of: method, in: name, where: [key: value.text]))
        }
    }

    static let clients: PaperExperiment = {
        let name = "reviewers-clients"
        func terms(_ label: String, _ method: String) -> [Term] {
            accuracies(
                label, of: method, in: name, by: "clients",
                [5, 20, 50, 100].map { ("\($0) clients", "\($0)") })
        }
        let oneShot = terms("one-shot", "fgl-one-shot"), fedAvg = terms("FedAvg", "fedavg")
        let fiveRound = terms("5-round", "fgl-5-round")
        return PaperExperiment(
            name: name, title: "5, 20, 50 and 100 clients", source: asked,
            terms: oneShot + fiveRound + fedAvg,
            claims: [
                Claim("One-shot is above FedAvg with 50 clients", .above(oneShot[2], fedAvg[2])),
                Claim("One-shot is above FedAvg with 100 clients", .above(oneShot[3], fedAvg[3])),
                Claim("FedAvg with 100 clients is below FedAvg with 5", .above(fedAvg[0], fedAvg[3])),
            ])
    }()

    static let unseenData: PaperExperiment = {
        let name = "reviewers-unseen-data"
        func term(_ label: String, _ method: String) -> Term {
            Term(label, Measure(.accuracy, of: method, in: name))
        }
        let oneShot = term("one-shot", "fgl-one-shot"), fiveRound = term("5-round", "fgl-5-round")
        let fedAvg = term("FedAvg", "fedavg"), central = term("centralized", "centralized")
        return PaperExperiment(
            name: name,
            title: "Objects that the foundation model has never seen (those that it has: table 1)",
            source: asked, terms: [oneShot, fiveRound, fedAvg, central],
            claims: [
                Claim("One-shot is below FedAvg on what was never seen", .above(fedAvg, oneShot)),
                Claim("5-round is above one-shot on it", .above(fiveRound, oneShot)),
            ])
    }()

    static let foundations: PaperExperiment = {
        let name = "reviewers-foundations"
        func terms(_ label: String, _ method: String) -> [Term] {
            accuracies(
                label, of: method, in: name, by: "synthesis.foundation",
                ["builtin-small", "builtin", "builtin-large"].map { ($0, $0) })
        }
        let oneShot = terms("one-shot", "fgl-one-shot"), fiveRound = terms("5-round", "fgl-5-round")
        return PaperExperiment(
            name: name, title: "Foundation models of three qualities", source: asked,
            terms: oneShot + fiveRound,
            claims: [
                Claim("A better foundation model makes a better one-shot model", .rising(oneShot, slack: 0)),
                Claim(
                    "Rounds of averaging make up for a small foundation model: 5-round is above one-shot",
                    .above(fiveRound[0], oneShot[0])),
            ])
    }()

    static let compression: PaperExperiment = {
        let name = "reviewers-compression"
        let target = 0.6
        let forms: [(label: String, settings: [String: String])] = [
            ("FedAvg", ["compression.kind": "none"]), ("FedAvg fp16", ["compression.kind": "fp16"]),
            ("FedAvg int8", ["compression.kind": "int8", "compression.zstd": "false"]),
            ("FedAvg int8 zstd", ["compression.kind": "int8", "compression.zstd": "true"]),
            ("FedAvg top-k", ["compression.kind": "top-k"]),
        ]
        func fedAvg(_ figure: Measure.Figure, _ suffix: String = "") -> [Term] {
            forms.map {
                Term("\($0.label)\(suffix)", Measure(figure, of: "fedavg", in: name, where: $0.settings))
            }
        }
        func oneShot(_ figure: Measure.Figure, _ suffix: String = "") -> Term {
            Term("one-shot\(suffix)", Measure(figure, of: "fgl-one-shot", in: name))
        }
        let until = Measure.Figure.uplinkBytesUntil(accuracy: target)
        let bytes = fedAvg(until, ", uplink to 60 %"), few = oneShot(until, ", uplink to 60 %")
        return PaperExperiment(
            name: name, title: "Prompts against compressed weights: bytes to the same accuracy",
            source: asked,
            terms: [oneShot(.accuracy)] + fedAvg(.accuracy) + [few] + bytes,
            claims: [
                Claim(
                    "Prompts take at least 1,000 times fewer uploaded bytes to 60 % than FedAvg with int8",
                    .fewer(few, bytes[2], times: 1000)),
                Claim(
                    "Prompts take at least 100 times fewer uploaded bytes to 60 % than FedAvg with top-k",
                    .fewer(few, bytes[4], times: 100)),
            ])
    }()
}
