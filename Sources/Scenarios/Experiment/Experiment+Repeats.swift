import RunLog
import Simulator

extension Experiment {
    /// The planned runs that the file does not hold yet. A run is its name, method, seed, settings and
    /// inputs. A repeat would give the same rows, so it is skipped.
    ///
    /// - Parameter notice: called for each run that is left out, and for one that was begun and not finished.
    /// - Throws: `RunLogError`.
    func notMadeYet(in log: RunLog, _ inputs: RunInputs, _ notice: (Notice) -> Void) throws -> [PlannedRun] {
        let stored = try log.reader.storedRuns()
        var planned: Set<RunDescription> = []
        return runs.filter { run in
            let name = "\(run.method.name), seed \(run.seed)"
            guard planned.insert(run.description(build: "")).inserted else {
                notice(.warning("\(run.name), \(name) is asked for twice: made once"))
                return false
            }
            let key = key(of: run, inputs)
            if isMade(run, key, in: stored, notice) { return false }
            if let begun = stored.unfinished[key] {
                notice(
                    .warning(
                        "\(run.name), \(name) was begun as run \(begun) and is made anew; "
                            + "'fgl-sim resume \(output)' would have gone on with it"))
            }
            return true
        }
    }

    /// The runs that are taken up from the file, without those that were made anew since they were begun.
    ///
    /// - Parameter notice: called with a line for each run that is left out.
    /// - Throws: `RunLogError`.
    func notMadeSince(
        in log: RunLog, _ inputs: RunInputs, _ notice: (Notice) -> Void
    ) throws -> [PlannedRun] {
        let stored = try log.reader.storedRuns()
        return runs.filter { !isMade($0, key(of: $0, inputs), in: stored, notice) }
    }

    private func key(of run: PlannedRun, _ inputs: RunInputs) -> RunKey {
        RunKey(run.description(build: ""), inputs: inputs.noted(for: run), origin: .run)
    }

    private func isMade(
        _ run: PlannedRun, _ key: RunKey, in stored: StoredRuns, _ notice: (Notice) -> Void
    ) -> Bool {
        guard let known = stored.completed[key] else { return false }
        notice(
            .warning(
                "\(run.name), \(run.method.name), seed \(run.seed) is run \(known) of \(output): "
                    + "not made again (another --output makes it anew)"))
        return true
    }
}
