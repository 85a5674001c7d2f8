/// Pools of workers by what a user asks for.
public enum WorkerPools {
    /// A pool of threads, or of an engine's workers.
    ///
    /// - Parameters:
    ///   - jobs: threads of this process.
    ///   - engine: `nil` and the address `local` mean threads alone.
    public static func make(jobs: Int, engine: EngineSettings?) -> any WorkPool {
        guard let engine, engine.address != .local else { return WorkerThreads(workers: jobs) }
        return EnginePool(engine, jobs: jobs)
    }
}
