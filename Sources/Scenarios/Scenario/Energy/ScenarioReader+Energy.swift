extension ScenarioReader {
    /// Reports keys of the section `energy` that do not go with each other.
    mutating func checkEnergy(of scenario: Scenario) {
        let energy = scenario.energy
        let profiles = energy.profileConflicts(epochs: scenario.training.localEpochs)
        report(profiles + energy.doubleKeys + energy.idleKeys)
    }
}

extension Scenario.Energy {
    /// Profiles that do not go with the tasks of their owner.
    fileprivate func profileConflicts(epochs: Int) -> [SettingConflict] {
        var conflicts: [SettingConflict] = []
        if let task = clientTask, client.profile?.board == nil {
            conflicts.append(
                SettingConflict(
                    "energy.client.task", task.rawValue,
                    with: "energy.client.profile: \(client.profile?.rawValue ?? "none")",
                    allowed: "with a profile of ns3-fl"))
        }
        if let profile = server.profile, profile.board != nil {
            conflicts.append(
                SettingConflict(
                    "energy.server.profile", profile.rawValue, with: "energy.server",
                    allowed: "another profile: ns3-fl measured trainings of clients"))
        }
        if let profile = client.profile, let board = profile.board, client.draw.compute == nil,
            NS3FL(board, clientTask ?? .cifar10).watts(epochs: epochs) <= 0
        {
            conflicts.append(
                SettingConflict(
                    "energy.client.profile", profile.rawValue, with: "training.local-epochs: \(epochs)",
                    allowed: "fewer epochs, because the fit of ns3-fl gives no positive power; or "
                        + "energy.client.compute"))
        }
        return conflicts
    }

    /// Keys that say one thing twice.
    fileprivate var doubleKeys: [SettingConflict] {
        var conflicts: [SettingConflict] = []
        if let network = networkClass, networkJoulesPerByte != nil {
            conflicts.append(
                SettingConflict(
                    "energy.network.class", network.rawValue, with: "energy.network.per-byte",
                    allowed: "one of them"))
        }
        for (path, grid) in [("", grid), ("server.", serverGrid)] {
            guard let region = grid.region, grid.gramsPerKilowattHour != nil else { continue }
            conflicts.append(
                SettingConflict(
                    "energy.\(path)region", region.rawValue, with: "energy.\(path)carbon-intensity",
                    allowed: "one of them"))
        }
        return conflicts
    }

    /// Keys that have nothing to work on.
    fileprivate var idleKeys: [SettingConflict] {
        var conflicts: [SettingConflict] = []
        if let (name, value) = grid.key, !countsSomething {
            conflicts.append(
                SettingConflict(
                    "energy.\(name)", value, with: "no energy",
                    allowed: "with energy.client, energy.server or energy.network"))
        }
        guard !countsServer else { return conflicts }
        func lost(_ name: String, _ value: String) {
            conflicts.append(
                SettingConflict(
                    "energy.server.\(name)", value, with: "no energy of the server",
                    allowed: "with watts or a profile of the server"))
        }
        if let (name, value) = serverGrid.key { lost(name, value) }
        if let factor = powerUsageEffectiveness { lost("pue", formatDecimal(factor)) }
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
