import Core
import RunLog

/// The finished runs of some results files.
public struct StoredResults {
    private struct Run {
        let reader: RunLogReader
        let summary: RunSummary
        /// The keys of its scenario with their values.
        let values: [String: String]
        /// Hash of its settings: equal for the seeds of one variant.
        let settings: String
    }

    private var runs: [Run] = []

    /// Reads files, which may still be written to. What-ifs are left out, since they repeat the training of
    /// another run; so are imported runs and repeats.
    ///
    /// - Throws: `RunLogError`.
    public init(paths: [String]) throws {
        for path in paths {
            let reader = try RunLogReader(path: path)
            let settings = try reader.countingRuns()
            for summary in try reader.runs() {
                guard let hash = settings[summary.runID] else { continue }
                let values = RunSettings(ofScenario: summary.scenario).entries.map { ($0.key, $0.value) }
                runs.append(
                    Run(
                        reader: reader, summary: summary, values: Dictionary(values) { $1 }, settings: hash))
            }
        }
    }

    /// The value of each run that a measure is about, one a seed; none where nothing is stored.
    ///
    /// Runs with other sizes that were added to a file are no further seeds: those that are like the first
    /// run count.
    ///
    /// - Throws: `RunLogError`.
    func values(of measure: Measure) throws -> [Double] {
        let all = runs.filter { run in
            run.values["name"] == measure.experiment && run.summary.method == measure.method
                && measure.settings.allSatisfy { run.values[$0.key] == $0.value }
        }
        var seeds: Set<UInt64> = [], values: [Double] = []
        for run in all where run.settings == all[0].settings && seeds.insert(run.summary.seed).inserted {
            let answer = try run.reader.query(measure.figure.sql, [.integer(Int(run.summary.runID))])
            if let value = answer.rows.first?.first?.number { values.append(value) }
        }
        return values
    }

    /// Mean and deviation over seeds; `nil` where nothing is stored.
    func spread(of measure: Measure) throws -> Spread? {
        let values = try values(of: measure)
        return values.isEmpty ? nil : Spread(values)
    }

    /// The figure as people read it, with the number of seeds where that is not one.
    func text(of term: Term) throws -> String? {
        let values = try values(of: term.measure)
        guard !values.isEmpty else { return nil }
        return term.measure.figure.text(Spread(values)) + (values.count > 1 ? " (\(values.count) seeds)" : "")
    }
}
