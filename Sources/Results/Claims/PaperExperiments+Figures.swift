import RunLog

// Figures 1, 4, 5 and 7 of the paper.

extension PaperExperiments {
    static let figure1: PaperExperiment = {
        let name = "figure1-bytes-vs-accuracy"
        let methods = [
            ("one-shot", "fgl-one-shot"), ("5-round", "fgl-5-round"), ("FedAvg", "fedavg"),
            ("FedProx", "fedprox"),
            ("SCAFFOLD", "scaffold"),
        ]
        func accuracy(_ index: Int) -> Term {
            Term(methods[index].0, Measure(.accuracy, of: methods[index].1, in: name))
        }
        func bytes(_ index: Int) -> Term {
            Term("\(methods[index].0), uplink", Measure(.uplinkBytes, of: methods[index].1, in: name))
        }
        return PaperExperiment(
            name: name, title: "Bytes against accuracy at β = 0.5",
            source:
                "\(Self.paper), figure 1, a plot. The text has 42.7 MB of weights (44,765,128 bytes) against "
                    + "229 bytes of "
                + "prompts, for one client and one upload.",
            terms: methods.indices.map(accuracy) + methods.indices.map(bytes),
            claims: [
                Claim("One-shot is above FedAvg", .above(accuracy(0), accuracy(2))),
                Claim(
                    "One-shot uploads at least 100,000 times fewer bytes than FedAvg",
                    .fewer(bytes(0), bytes(2), times: 1e5)),
                Claim("5-round uploads fewer bytes than FedAvg", .fewer(bytes(1), bytes(2), times: 1)),
                Claim("5-round is above FedAvg", .above(accuracy(1), accuracy(2))),
            ])
    }()

    static let figure4a: PaperExperiment = {
        let name = "figure4a-skewed-finetune"
        func term(_ label: String, _ method: String) -> Term {
            Term(label, Measure(.accuracy, of: method, in: name))
        }
        let plain = term("5-round", "fgl-5-round"), tuned = term("5-round-syn", "fgl-5-round-syn")
        return PaperExperiment(
            name: name, title: "Fine-tuning on the synthetic set after each aggregation, β = 0.01",
            source: "\(Self.paper), figure 4a, a plot without numbers.",
            terms: [term("one-shot", "fgl-one-shot"), plain, tuned],
            claims: [Claim("5-round-syn is above 5-round at β = 0.01", .above(tuned, plain))])
    }()

    static let figure4b: PaperExperiment = {
        let name = "figure4b-synthetic-volume"
        func terms(_ label: String, _ method: String) -> [Term] {
            [100, 200, 400, 800, 1600].map { volume in
                Term(
                    "\(label), \(volume) a class",
                    Measure(.accuracy, of: method, in: name, where: ["synthesis.per-class": "\(volume)"]))
            }
        }
        let oneShot = terms("one-shot", "fgl-one-shot")
        return PaperExperiment(
            name: name, title: "One-shot by synthetic images per class, and what four rounds add",
            source:
                "\(Self.paper), figure 4b, a plot: one-shot's accuracy grows from 2,000 to 20,000 synthetic "
                    + "images per "
                + "class, beside 1,300 real ones. Ours has 130 real ones.",
            terms: oneShot + terms("5-round", "fgl-5-round"),
            claims: [
                Claim(
                    "More synthetic images are better (no step loses more than a point, the last is above "
                        + "the first)",
                    .rising(oneShot, slack: 0.01))
            ])
    }()

    static let figure5: PaperExperiment = {
        let name = "figure5-instance-prompts"
        func term(_ kind: String, _ volume: Int, _ paper: String? = nil) -> Term {
            Term(
                "\(kind), \(volume) a class", paper: paper,
                Measure(
                    .accuracy, of: "fgl-one-shot", in: name,
                    where: ["synthesis.prompts": kind, "synthesis.per-class": "\(volume)"]))
        }
        // As many synthetic images as real ones: 1,300 a class in the paper, 130 here.
        let few = (term("instance", 130, "78.6 %"), term("class", 130, "73.2 %"))
        let many = (term("instance", 400), term("class", 400))
        return PaperExperiment(
            name: name, title: "Captions of single images against class prompts, at equal volume",
            source:
                "\(Self.paper), figure 5, ImageNette at 1,300 synthetic images per class, as many as real "
                    + "ones; beside it "
                + "ours at 130, as many as ours has of real ones.",
            terms: [few.0, few.1, many.0, many.1],
            claims: [
                Claim(
                    "Instance prompts are above class prompts at as many images as real ones",
                    .above(few.0, few.1)),
                Claim("Instance prompts are above class prompts at 400 a class", .above(many.0, many.1)),
            ])
    }()

    static let figure7: PaperExperiment = {
        let name = "figure7-retrieval"
        func term(_ label: String, _ metric: MetricName) -> Term {
            Term(label, Measure(.metric(metric, on: .retrieval), of: "fgl-one-shot", in: name))
        }
        let made = term("synthetic images, mean similarity", .retrieval(.meanSimilarity, ofControl: false))
        let fresh = term("test images, mean similarity", .retrieval(.meanSimilarity, ofControl: true))
        let copies = term("synthetic images, near copies", .retrieval(.nearCopies, ofControl: false))
        let freshCopies = term("test images, near copies", .retrieval(.nearCopies, ofControl: true))
        return PaperExperiment(
            name: name, title: "The private images that are nearest to synthetic ones",
            source:
                "\(Self.paper), figure 7, shows pairs and counts nothing. Similarities are cosines of the "
                    + "final model's "
                + "features; test images, which nobody has copied, are the measure. As many synthetic as "
                + "test images. "
                + "Picture: `fgl-sim retrieve`.",
            terms: [made, fresh, copies, freshCopies, term("similarity of a near copy", .threshold)],
            claims: [
                Claim(
                    "Synthetic images are no nearer to private ones than fresh images are",
                    .above(fresh, made)),
                Claim(
                    "There are no more near copies among them than among as many fresh images",
                    .fewer(copies, freshCopies, times: 1)),
            ])
    }()
}
