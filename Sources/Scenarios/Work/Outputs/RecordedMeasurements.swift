import Models
import RunLog
import Simulator

// What the log keeps of the measurements at the end of a run: all of them, as lists of numbers.

extension MembershipEvaluation: RecordableOutput {
    package static var isWhole: Bool { true }

    package var fields: [String: JSONScalar] {
        var fields: [String: JSONScalar] = [
            "members": .integer(members), "non_members": .integer(nonMembers),
        ]
        for finding in findings {
            fields[finding.metric.rawValue] = .list(
                [
                    finding.memberMean, finding.nonMemberMean, finding.gap, finding.areaUnderCurve,
                    finding.truePositiveRate,
                ].map(JSONScalar.real))
        }
        return fields
    }

    package init?(record: WorkRecord, blobs: BlobStore) {
        guard let members = record.fields["members"]?.wholeNumber,
            let nonMembers = record.fields["non_members"]?.wholeNumber
        else { return nil }
        let findings = MembershipMetric.allCases.compactMap { metric -> Finding? in
            guard let values = record.fields[metric.rawValue]?.list(of: \.number), values.count == 5
            else { return nil }
            return Finding(
                metric: metric, memberMean: values[0], nonMemberMean: values[1], gap: values[2],
                areaUnderCurve: values[3], truePositiveRate: values[4])
        }
        guard findings.count == MembershipMetric.allCases.count else { return nil }
        self.init(findings: findings, members: members, nonMembers: nonMembers)
    }
}

extension Retrieval: RecordableOutput {
    package static var isWhole: Bool { true }

    package var fields: [String: JSONScalar] {
        [
            "threshold": .real(threshold), "synthetic": synthetic.field, "control": control.field,
            // Synthetic image, then private image and similarity, once or twice.
            "examples": .list(
                examples.map { example in
                    .list(
                        [.integer(example.synthetic)]
                            + example.nearest.flatMap { [.integer($0.index), .real($0.similarity)] })
                }),
        ]
    }

    package init?(record: WorkRecord, blobs: BlobStore) {
        guard let threshold = record.fields["threshold"]?.number,
            let synthetic = Nearness(record.fields["synthetic"]),
            let control = Nearness(record.fields["control"]),
            case .list(let rows)? = record.fields["examples"]
        else { return nil }
        let examples = rows.compactMap { row -> Example? in
            guard case .list(let row) = row, let first = row.first?.wholeNumber, row.count % 2 == 1 else {
                return nil
            }
            let nearest = stride(from: 1, to: row.count, by: 2).compactMap {
                place -> NearestImages.Neighbour? in
                guard let index = row[place].wholeNumber, let similarity = row[place + 1].number else {
                    return nil
                }
                return .init(index: index, similarity: similarity)
            }
            return nearest.count == row.count / 2 ? Example(synthetic: first, nearest: nearest) : nil
        }
        guard examples.count == rows.count else { return nil }
        self.init(threshold: threshold, synthetic: synthetic, control: control, examples: examples)
    }
}

extension Retrieval.Nearness {
    fileprivate var field: JSONScalar {
        .list([.integer(count), .integer(nearCopies), .real(mean), .real(largest)])
    }

    fileprivate init?(_ field: JSONScalar?) {
        guard case .list(let values)? = field, values.count == 4, let count = values[0].wholeNumber,
            let nearCopies = values[1].wholeNumber, let mean = values[2].number,
            let largest = values[3].number
        else { return nil }
        self.init(count: count, nearCopies: nearCopies, mean: mean, largest: largest)
    }
}
