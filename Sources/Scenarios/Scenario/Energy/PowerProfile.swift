/// What a device draws in each of its states, in watts; `nil` where the source says nothing of a state.
public struct PowerDraw: Sendable, Hashable {
    /// While it does nothing.
    public var idle: Double?
    /// While it computes.
    public var compute: Double?
    /// While it sends.
    public var transmit: Double?
    /// While it receives.
    public var receive: Double?

    /// The draw of a device.
    public init(
        idle: Double? = nil, compute: Double? = nil, transmit: Double? = nil, receive: Double? = nil
    ) {
        self.idle = idle
        self.compute = compute
        self.transmit = transmit
        self.receive = receive
    }
}

/// Devices whose power was measured or is in a data sheet (docs/energy.md).
public enum PowerProfile: String, Sendable, CaseIterable {
    case raspberryPi4 = "raspberry-pi-4"
    case raspberryPi5 = "raspberry-pi-5"
    case ns3flPi4 = "ns3-fl-raspberry-pi-4"
    case ns3flPi400 = "ns3-fl-raspberry-pi-400"
    case jetsonNano = "jetson-nano"
    case jetsonOrinNano = "jetson-orin-nano"
    case jetsonAGXOrin = "jetson-agx-orin"
    case phoneHigh = "phone-high"
    case phoneMiddle = "phone-middle"
    case phoneLow = "phone-low"
    case t4 = "nvidia-t4"
    case l4 = "nvidia-l4"
    case v100 = "nvidia-v100"
    case a100 = "nvidia-a100"
    case h100 = "nvidia-h100"
    case h200 = "nvidia-h200"
    case rtx3090 = "rtx-3090"
    case rtx4090 = "rtx-4090"

    /// The board of ns3-fl, whose power depends on what it trains; `nil` for all others.
    public var board: NS3FL.Board? {
        switch self {
        case .ns3flPi4: .pi4
        case .ns3flPi400: .pi400
        default: nil
        }
    }

    /// The draw of a device.
    ///
    /// Raspberry Pi 4: measured with a wattmeter, chipwired.com/raspberry-pi-power-use. Raspberry Pi 5: idle
    /// 0.65 A at 5 V, github.com/iiab/iiab/issues/4050; the mean at the wall while all four cores multiply
    /// matrices (HPL), github.com/geerlingguy/top500-benchmark/issues/18. Phones: peak power of
    /// the processors of a Mi8Pro, a Galaxy S10e and a Moto X Force, table 3 of Kim and Wu, *AutoFL*, MICRO
    /// 2021. Jetson modules and GPUs: the largest power budget of NVIDIA's data sheets, which is an upper
    /// bound.
    ///
    /// - Parameters:
    ///   - task: what a board of ns3-fl trains.
    ///   - epochs: of how many epochs a training is, for a board of ns3-fl.
    public func draw(task: NS3FL.Task, epochs: Int) -> PowerDraw {
        if let board {
            let model = NS3FL(board, task)
            // ns3-fl counts trainings and what is sent.
            return PowerDraw(compute: model.watts(epochs: epochs), transmit: model.transmitWatts)
        }
        return switch self {
        case .raspberryPi4: PowerDraw(idle: 3.0, compute: 6.3)
        case .raspberryPi5: PowerDraw(idle: 3.25, compute: 11)
        case .ns3flPi4, .ns3flPi400: PowerDraw()
        case .jetsonNano: PowerDraw(compute: 10)
        case .jetsonOrinNano: PowerDraw(compute: 15)
        case .jetsonAGXOrin: PowerDraw(compute: 60)
        case .phoneHigh: PowerDraw(compute: 5.5)
        case .phoneMiddle: PowerDraw(compute: 5.6)
        case .phoneLow: PowerDraw(compute: 3.6)
        case .t4: PowerDraw(compute: 70)
        case .l4: PowerDraw(compute: 72)
        case .v100: PowerDraw(compute: 300)
        case .a100: PowerDraw(compute: 400)
        case .h100, .h200: PowerDraw(compute: 700)
        case .rtx3090: PowerDraw(compute: 350)
        case .rtx4090: PowerDraw(compute: 450)
        }
    }
}
