import RunLog
import Simulator

/// What one client, or all of them, did so far.
struct ClientUse {
    private var compute = RunningTime()
    private var uplink = RunningTime()
    private var downlink = RunningTime()
    /// The time in which something was done.
    var busy = RunningTime()
    /// Bytes that moved.
    private(set) var uplinkBytes = 0
    private(set) var downlinkBytes = 0

    mutating func change(_ activity: EnergyActivity, begins: Bool, at now: SimInstant) {
        switch activity {
        case .uplink: uplink.change(begins: begins, at: now)
        case .downlink: downlink.change(begins: begins, at: now)
        default: compute.change(begins: begins, at: now)
        }
    }

    mutating func move(_ bytes: Int, _ direction: TransferDirection) {
        switch direction {
        case .up: uplinkBytes += bytes
        case .down: downlinkBytes += bytes
        }
    }

    /// Joules by activity, of so many clients.
    func joules(_ rates: EnergyRates, clients: Int, at now: SimInstant) -> [(EnergyActivity, Double)] {
        var joules: [(EnergyActivity, Double)] = []
        if let device = rates.client {
            let idle = Int128(clients) * Int128(now.nanoseconds) - busy.nanoseconds(at: now)
            joules += [
                (.compute, device.compute * compute.seconds(at: now)),
                (
                    .uplink,
                    device.transmit * uplink.seconds(at: now) + device.uplinkPerByte * Double(uplinkBytes)
                ),
                (
                    .downlink,
                    device.receive * downlink.seconds(at: now)
                        + device.downlinkPerByte * Double(downlinkBytes)
                ),
                (.idle, device.idle * (Double(idle) / 1e9)),
            ]
        }
        if let perByte = rates.networkPerByte {
            joules.append((.network, perByte * Double(uplinkBytes + downlinkBytes)))
        }
        return joules
    }
}

/// What the server did so far.
struct ServerUse {
    private var training = RunningTime()
    private var synthesis = RunningTime()
    private var other = RunningTime()
    private var transfer = BusyTime()
    private var busy = BusyTime()

    mutating func change(_ activity: EnergyActivity, begins: Bool, at now: SimInstant) {
        switch activity {
        case .serverTraining: training.change(begins: begins, at: now)
        case .serverSynthesis: synthesis.change(begins: begins, at: now)
        case .serverTransfer: if begins { transfer.begin(at: now) } else { transfer.end(at: now) }
        default: other.change(begins: begins, at: now)
        }
        if begins { busy.begin(at: now) } else { busy.end(at: now) }
    }

    /// Joules by activity.
    func joules(_ rates: EnergyRates, at now: SimInstant) -> [(EnergyActivity, Double)] {
        guard let device = rates.server else { return [] }
        let idle = Int128(now.nanoseconds) - busy.time.nanoseconds(at: now)
        return [
            (.serverTraining, device.compute * training.seconds(at: now)),
            (.serverSynthesis, device.compute * synthesis.seconds(at: now)),
            (.serverOther, device.compute * other.seconds(at: now)),
            (.serverTransfer, device.transmit * transfer.time.seconds(at: now)),
            (.serverIdle, device.idle * (Double(idle) / 1e9)),
        ]
    }
}

extension RunningTime {
    fileprivate mutating func change(begins: Bool, at now: SimInstant) {
        if begins { begin(at: now) } else { end(at: now) }
    }

    fileprivate func seconds(at now: SimInstant) -> Double { Double(nanoseconds(at: now)) / 1e9 }
}
