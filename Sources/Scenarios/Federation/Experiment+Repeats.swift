import Simulator

extension Experiment {
    /// The runs that the file does not hold yet. A run is its settings, its method, its seed and what it
    /// reads: the same one again would come to the same rows, and is not made.
    ///
    /// - Parameter notice: told a line for each run that is left out, and for one that was begun and not
    ///   finished.
    /// - Throws: `RunLogError`.
    func notMadeYet(in log: RunLog, _ inputs: RunInputs, _ notice: (String) -> Void) throws -> [PlannedRun] {
        var planned: Set<RunDescription> = []
        return try runs.filter { run in
            let description = run.description(build: ""), name = "\(run.method.name), seed \(run.seed)"
            guard planned.insert(description).inserted else {
                notice("warning: \(run.name), \(name) is asked for twice: made once")
                return false
            }
            let noted = inputs.noted(for: run)
            if try isMade(run, description, in: log, noted, notice) { return false }
            if let begun = try log.reader.unfinishedRun(like: description, inputs: noted) {
                notice(
                    "warning: \(run.name), \(name) was begun as run \(begun) and is made anew; "
                        + "'fgl-sim resume \(output)' would have gone on with it")
            }
            return true
        }
    }
    /// The runs that are taken up from the file, without those that were made anew since they were begun.
    ///
    /// - Parameter notice: told a line for each run that is left out.
    /// - Throws: `RunLogError`.
    func notMadeSince(
        in log: RunLog, _ inputs: RunInputs, _ notice: (String) -> Void
    ) throws -> [PlannedRun] {
        try runs.filter { run in
            try !isMade(run, run.description(build: ""), in: log, inputs.noted(for: run), notice)
        }
    }

    private func isMade(
        _ run: PlannedRun, _ description: RunDescription, in log: RunLog, _ noted: [RunInput],
        _ notice: (String) -> Void
    ) throws -> Bool {
        guard let known = try log.reader.finishedRun(like: description, inputs: noted, origin: .run) else {
            return false
        }
        notice(
            "warning: \(run.name), \(run.method.name), seed \(run.seed) is run \(known) of \(output): "
                + "not made again (another --output makes it anew)")
        return true
    }
}
