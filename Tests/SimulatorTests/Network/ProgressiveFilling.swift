import Simulator

/// An independent, slow and obvious max-min fair network, to compare ``FluidStar`` with.
///
/// Progressive filling (Bertsekas and Gallager, *Data Networks*, section 6.5.2): raise all rates together;
/// when a link is full, the flows over it are done; go on with the others.
enum ProgressiveFilling {
    struct Flow {
        var client: Int
        var direction: TransferDirection
        var drainsFrom: Double
        var bytes: Int
    }

    private struct Link: Hashable {
        let client: Int?
        let isClientSending: Bool
    }

    /// The rate of each flow, all draining.
    static func rates(
        server: LinkCapacity, clients: [ClientLink], flows: [Flow]
    ) -> [Double] {
        var rates = [Double](repeating: 0, count: flows.count)
        var open = Set(flows.indices)
        var room: [Link: Double] = [:]
        for flow in flows {
            let isUp = flow.direction == .up
            let link = clients[flow.client]
            room[Link(client: flow.client, isClientSending: isUp)] =
                (isUp ? link.uplink : link.downlink).value
            room[Link(client: nil, isClientSending: isUp)] = (isUp ? server.downlink : server.uplink).value
        }
        func links(_ index: Int) -> [Link] {
            let isUp = flows[index].direction == .up
            return [
                Link(client: flows[index].client, isClientSending: isUp),
                Link(client: nil, isClientSending: isUp),
            ]
        }
        while !open.isEmpty {
            var users: [Link: [Int]] = [:]
            for index in open { for link in links(index) { users[link, default: []].append(index) } }
            let (tightest, members) = users.min { left, right in
                room[left.key]! / Double(left.value.count) < room[right.key]! / Double(right.value.count)
            }!
            let share = room[tightest]! / Double(members.count)
            for index in members {
                rates[index] = share
                open.remove(index)
                for link in links(index) { room[link]! -= share }
            }
        }
        return rates
    }

    /// The time at which each flow completes, in seconds.
    static func completionSeconds(
        server: LinkCapacity, clients: [ClientLink], flows: [Flow]
    ) -> [Double] {
        var ends = [Double](repeating: .nan, count: flows.count)
        var remaining = flows.map { Double($0.bytes) }
        var pending = flows.indices.sorted { flows[$0].drainsFrom > flows[$1].drainsFrom }
        var active: [Int] = []
        var now = 0.0
        while !pending.isEmpty || !active.isEmpty {
            let rates = rates(server: server, clients: clients, flows: active.map { flows[$0] })
            let completion = zip(active, rates).map { now + remaining[$0] / $1 }.min() ?? .infinity
            let arrival = pending.last.map { flows[$0].drainsFrom } ?? .infinity
            let next = min(completion, arrival)
            for (index, rate) in zip(active, rates) { remaining[index] -= rate * (next - now) }
            now = next
            if completion <= arrival {
                for index in active where remaining[index] < 1e-6 { ends[index] = now }
                active.removeAll { remaining[$0] < 1e-6 }
            } else {
                active.append(pending.removeLast())
            }
        }
        return ends
    }
}
