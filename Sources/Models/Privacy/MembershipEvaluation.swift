/// What each membership metric gives away about the images that a classifier was trained on.
public struct MembershipEvaluation: Sendable, Hashable {
    /// One metric.
    public struct Finding: Sendable, Hashable {
        public let metric: MembershipMetric
        /// Mean of the metric over members, in nats; of confidence, a probability.
        public let memberMean: Double
        /// The same over non-members.
        public let nonMemberMean: Double
        /// How far members are from non-members, on the side on which members are to be expected: positive
        /// where the metric gives them away.
        public let gap: Double
        /// The chance that a member looks more like one than a non-member does; 1/2 tells nothing.
        public let areaUnderCurve: Double
        /// The part of the members that is found where no more than 0.1 % of the non-members is taken for
        /// members.
        public let truePositiveRate: Double

        /// A finding as it was stored.
        public init(
            metric: MembershipMetric, memberMean: Double, nonMemberMean: Double, gap: Double,
            areaUnderCurve: Double, truePositiveRate: Double
        ) {
            self.metric = metric
            self.memberMean = memberMean
            self.nonMemberMean = nonMemberMean
            self.gap = gap
            self.areaUnderCurve = areaUnderCurve
            self.truePositiveRate = truePositiveRate
        }
    }

    /// A finding for each metric, in the order of `MembershipMetric.allCases`.
    public let findings: [Finding]
    /// Images that were trained on.
    public let members: Int
    /// Images that were not.
    public let nonMembers: Int

    /// An evaluation as it was stored.
    public init(findings: [Finding], members: Int, nonMembers: Int) {
        self.findings = findings
        self.members = members
        self.nonMembers = nonMembers
    }

    /// A classifier's answers to one group of images.
    public struct Answers: Sendable {
        /// Probabilities of all classes, for each image.
        let probabilities: [[Double]]
        /// The class of each image.
        let labels: [Int]

        /// - Precondition: as many labels as rows.
        public init(probabilities: [[Double]], labels: [Int]) {
            precondition(
                probabilities.count == labels.count,
                "\(labels.count) labels of \(probabilities.count) answers")
            self.probabilities = probabilities
            self.labels = labels
        }
    }

    /// Attacks by a threshold on each metric.
    ///
    /// - Precondition: there are members and non-members.
    /// - Complexity: O(*n* log *n*).
    public init(members: Answers, nonMembers: Answers) {
        findings = MembershipMetric.allCases.map { metric in
            func mean(_ answers: Answers) -> Double {
                zip(answers.probabilities, answers.labels).reduce(0) { $0 + metric.value($1.0, label: $1.1) }
                    / Double(answers.labels.count)
            }
            func scores(_ answers: Answers) -> [Double] {
                zip(answers.probabilities, answers.labels).map { metric.score($0, label: $1) }
            }
            let attack = MembershipAttack(members: scores(members), nonMembers: scores(nonMembers))
            return Finding(
                metric: metric, memberMean: mean(members), nonMemberMean: mean(nonMembers), gap: attack.gap,
                areaUnderCurve: attack.areaUnderCurve, truePositiveRate: attack.truePositiveRate)
        }
        self.members = members.labels.count
        self.nonMembers = nonMembers.labels.count
    }
}

extension Classifier {
    /// Attacks this classifier by its answers to images that it was trained on and to others, not augmented.
    ///
    /// - Throws: `CancellationError` where `isCancelled` said so.
    /// - Precondition: there are images of both kinds.
    public func membership(
        of members: ImageSet, at indices: [Int], against nonMembers: ImageSet,
        isCancelled: () -> Bool = { false }
    ) throws -> MembershipEvaluation {
        func answers(_ set: ImageSet, _ indices: [Int]) throws -> MembershipEvaluation.Answers {
            try .init(
                probabilities: probabilities(of: set, at: indices, isCancelled: isCancelled),
                labels: indices.map { Int(set.labels[$0]) })
        }
        return try MembershipEvaluation(
            members: answers(members, indices), nonMembers: answers(nonMembers, Array(0..<nonMembers.count)))
    }
}
