import Simulator

/// Links of clients by access technology, from published measurements (docs/fidelity.md).
///
/// Downlinks: the released tests of Yang et al., *Mobile access bandwidth in practice: measurement, analysis,
/// and implications*, SIGCOMM 2022 (mobilebandwidth.github.io): 10,000 tests each of 4G, 5G and Wi-Fi 4, 5
/// and 6 in China. Each twentieth of the sorted tests is a value, its mean, so that the mean is exact and the
/// deviation within 4 %. Uplinks are downlinks times the ratio of Ookla's global medians, latencies half of
/// Ookla's median round trips: mobile of the first quarter of 2023 (41.54 and 10.42 Mbit/s, 28 ms), fixed of
/// the same (79 and 34.92 Mbit/s, 9 ms), 5G of the third quarter of 2021 (166.13 and 21.08 Mbit/s).
public enum LinkPreset: String, Sendable, CaseIterable {
    /// LTE.
    case lte = "4g"
    /// 5G New Radio.
    case nr = "5g"
    /// Wi-Fi 4, 5 and 6, equally many.
    case wifi

    /// Rates of clients for what they receive, in bytes per second.
    public var downlink: Distribution { rates(factor: 1) }

    /// Rates of clients for what they send, in bytes per second, drawn apart from the downlinks.
    public var uplink: Distribution {
        switch self {
        case .lte: rates(factor: 10.42 / 41.54)
        case .nr: rates(factor: 21.08 / 166.13)
        case .wifi: rates(factor: 34.92 / 79)
        }
    }

    /// One-way latency in seconds.
    public var latency: Distribution {
        switch self {
        case .lte, .nr: .constant(0.014)
        case .wifi: .constant(0.0045)
        }
    }

    private func rates(factor: Double) -> Distribution {
        let bytesPerMegabit = 125_000.0
        return .choice(
            values: twentieths.map { $0 * factor * bytesPerMegabit },
            weights: twentieths.map { _ in 1 })
    }

    /// The mean of each twentieth of the sorted tests, in Mbit/s.
    private var twentieths: [Double] {
        switch self {
        case .lte:
            [
                0.57, 1.65, 3.22, 5.08, 7.59, 10.19, 12.85, 15.8, 19.62, 23.69, 28.37, 33.43, 39.23, 46.1,
                53.67, 62.05, 74.72, 95.18, 152.71, 367.28,
            ]
        case .nr:
            [
                3.37, 25.43, 58.43, 95.62, 131.72, 169.34, 206.02, 239.49, 271.21, 299.41, 323.9, 341.82,
                355.69, 372.06, 397.26, 439.37, 487.17, 539.51, 586.52, 771.2,
            ]
        case .wifi:
            [
                2.73, 11.05, 22.0, 33.7, 44.99, 56.44, 70.85, 86.62, 100.4, 108.97, 116.32, 151.76, 208.03,
                267.05, 312.22, 369.17, 418.3, 493.64, 619.56, 869.16,
            ]
        }
    }
}

extension ScenarioReader {
    /// Reports a preset of links that does not go with other keys.
    mutating func checkLinkPreset(of scenario: Scenario) {
        let client = scenario.network.client, usual = Scenario.ClientLinks()
        guard let preset = client.preset else { return }
        for (key, isGiven) in [
            ("uplink", client.uplinkBytesPerSecond != usual.uplinkBytesPerSecond),
            ("downlink", client.downlinkBytesPerSecond != usual.downlinkBytesPerSecond),
            ("latency", client.latencySeconds != usual.latencySeconds),
        ] where isGiven {
            return reportConflict(
                preset.rawValue, with: "network.client.\(key)", allowed: "one of them",
                at: "network.client.preset")
        }
    }
}
