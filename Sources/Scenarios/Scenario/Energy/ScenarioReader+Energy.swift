extension ScenarioReader {
    /// Reports keys of the section `energy` that do not go with each other.
    mutating func checkEnergy(of scenario: Scenario, isSwept: Bool) {
        let energy = scenario.energy
        for (key, value, other, allowed) in energy.profileConflicts(epochs: scenario.training.localEpochs)
            + energy.doubleKeys
            + energy.idleKeys
        {
            reportConflict(value, with: other, allowed: allowed, at: "energy.\(key)", isSwept: isSwept)
        }
    }
}

extension Scenario.Energy {
    fileprivate typealias Conflict = (key: String, value: String, other: String, allowed: String)

    /// Profiles that do not go with the tasks of their owner.
    fileprivate func profileConflicts(epochs: Int) -> [Conflict] {
        var conflicts: [Conflict] = []
        if let task = clientTask, client.profile?.board == nil {
            conflicts.append(
                (
                    "client.task", task.rawValue,
                    "energy.client.profile: \(client.profile?.rawValue ?? "none")",
                    "with a profile of ns3-fl"
                ))
        }
        if let profile = server.profile, profile.board != nil {
            conflicts.append(
                (
                    "server.profile", profile.rawValue, "energy.server",
                    "another profile: ns3-fl measured trainings of clients"
                ))
        }
        if let profile = client.profile, let board = profile.board, client.draw.compute == nil,
            NS3FL(board, clientTask ?? .cifar10).watts(epochs: epochs) <= 0
        {
            conflicts.append(
                (
                    "client.profile", profile.rawValue, "training.local-epochs: \(epochs)",
                    "fewer epochs, because the fit of ns3-fl gives no positive power; or "
                        + "energy.client.compute"
                ))
        }
        return conflicts
    }

    /// Keys that say one thing twice.
    fileprivate var doubleKeys: [Conflict] {
        var conflicts: [Conflict] = []
        if let network = networkClass, networkJoulesPerByte != nil {
            conflicts.append(("network.class", network.rawValue, "energy.network.per-byte", "one of them"))
        }
        for (path, grid) in [("", grid), ("server.", serverGrid)] {
            guard let region = grid.region, grid.gramsPerKilowattHour != nil else { continue }
            conflicts.append(
                ("\(path)region", region.rawValue, "energy.\(path)carbon-intensity", "one of them"))
        }
        return conflicts
    }

    /// Keys that have nothing to work on.
    fileprivate var idleKeys: [Conflict] {
        var conflicts: [Conflict] = []
        if let (name, value) = grid.key, !countsSomething {
            conflicts.append(
                (name, value, "no energy", "with energy.client, energy.server or energy.network"))
        }
        guard !countsServer else { return conflicts }
        let allowed = "with watts or a profile of the server"
        if let (name, value) = serverGrid.key {
            conflicts.append(("server.\(name)", value, "no energy of the server", allowed))
        }
        if let factor = powerUsageEffectiveness {
            conflicts.append(("server.pue", formatDecimal(factor), "no energy of the server", allowed))
        }
        return conflicts
    }
}

extension Scenario.Grid {
    /// The key that is given, with its value.
    fileprivate var key: (name: String, value: String)? {
        if let region { return ("region", region.rawValue) }
        return gramsPerKilowattHour.map {
            ("carbon-intensity", QuantityKind.carbonIntensity.format($0))
        }
    }
}
