extension Federation {
    /// Lets the clients that take part describe their images and upload that.
    ///
    /// - Parameter upload: what a client does; its description and whatever else belongs to it.
    /// - Throws: `FederationError.tooFewUpdates` where too few did.
    func collectDescriptions(_ upload: @escaping (Client) async throws -> Void) async throws {
        try requireEnough(updates: await atParticipants(upload))
    }

    /// Plays the only round of a method: descriptions up, down a model that the server trains on what it
    /// synthesizes from them.
    ///
    /// - Parameter upload: what a client does.
    /// - Throws: as `collectDescriptions`; what synthesis and training throw.
    func playGenerativeRound(_ upload: @escaping (Client) async throws -> Void) async throws {
        begin(round: 1)
        try await collectDescriptions(upload)
        let synthetic = try await server.synthesize(from: server.acceptedDescriptions())
        let global = try await server.train(on: synthetic)
        try await deliver(global, isFinal: true)
        try end(round: 1, global: global)
    }
}
