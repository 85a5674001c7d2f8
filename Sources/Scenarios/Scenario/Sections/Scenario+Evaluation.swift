extension Scenario {
    /// The section `evaluation`: what is asked of a finished run beside its accuracy.
    public struct Evaluation: Sendable, Equatable {
        /// Whether the final model is attacked by membership inference.
        public var membership = false
        /// Whether the private images that are nearest to synthetic ones are looked for.
        public var retrieval = false
        /// The cosine similarity from which a synthetic image counts as a near copy.
        public var nearCopy: Double = 0.99
        /// Whether the final model is tried on each client's own distribution; `nil` is no.
        public var clients: Bool?
    }
}

extension ScenarioKeys {
    static let evaluation = [
        ScenarioKey(
            "evaluation.membership", \.evaluation.membership, .flag,
            "Whether the final global model is attacked by membership inference: the clients' images are "
                + "members, the "
                + "test images are not; metrics of the split membership (the paper's table 3)."),
        ScenarioKey(
            "evaluation.retrieval", \.evaluation.retrieval, .flag,
            "Whether the private images that are nearest to each synthetic one are looked for, by the "
                + "features of the "
                + "final global model; metrics of the split retrieval, and images for `fgl-sim retrieve` "
                + "(the paper's "
                + "figure 7)."),
        ScenarioKey(
            "evaluation.near-copy", \.evaluation.nearCopy,
            .number(above: 0, atMost: 1),
            "The cosine similarity from which a synthetic image counts as a near copy of a private one."),
        ScenarioKey(
            "evaluation.clients", optional: \.evaluation.clients, .flag, absent: "false",
            "Whether the final model, or each client's own, is tried on the test images in the shares of "
                + "classes and domains that each client has; metrics of the split own: each client's "
                + "accuracy, their mean, worst tenth, variance and Gini coefficient."),
    ]
}
