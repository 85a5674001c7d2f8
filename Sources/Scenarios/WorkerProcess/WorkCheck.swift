extension WorkerEnvironment {
    /// Checks work that came from outside: what it names must be there and fit together, so that doing it
    /// ends with a result or an error.
    ///
    /// - Throws: `FederationError`.
    func check(_ work: any Work) throws {}
}
