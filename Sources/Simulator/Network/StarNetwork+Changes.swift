/// Links whose rates change over time: followed for the clients that transfer, and only for them.
extension StarNetwork {
    /// The most changes that are followed, beside a hundred for each client.
    private static let changeLimit = 1_000_000

    /// Follows the link of one client.
    final class ChangeWatch {
        var flowCount = 0
        var alarm: Alarm?
    }

    /// The latency of a client's link now.
    func latency(of client: Int) -> SimDuration {
        let link = clients.link(of: client)
        guard let changes else { return link.latency }
        return changes.state(of: client, link: link, at: simulation.now).state.latency ?? link.latency
    }

    /// Begins to follow the link of a client, before its flow is announced.
    func followChanges(of client: Int) {
        guard changes != nil else { return }
        if let watch = changeWatches[client] {
            watch.flowCount += 1
            return
        }
        let watch = ChangeWatch()
        watch.flowCount = 1
        watch.alarm = Alarm(simulation) { [unowned self, unowned watch] in applyChange(of: client, watch) }
        changeWatches[client] = watch
        applyChange(of: client, watch)
    }

    /// Notes that a flow has ended; a link without flows is not followed.
    func unfollowChanges(of client: Int) {
        guard let watch = changeWatches[client] else { return }
        watch.flowCount -= 1
        guard watch.flowCount == 0 else { return }
        watch.alarm?.clear()
        changeWatches[client] = nil
    }

    private func applyChange(of client: Int, _ watch: ChangeWatch) {
        guard let changes else { return }
        changeCount += 1
        // There may be many before a transfer is complete; their own limit is below.
        simulation.noteForeseenEvent()
        let limit = Self.changeLimit + 100 * clients.count
        if changeCount > limit {
            simulation.fail(SimulatorError.tooManyChanges(at: simulation.now, changes: limit))
        }
        let (state, until) = changes.state(of: client, link: clients.link(of: client), at: simulation.now)
        changeStar { $0.setRates(of: client, state.rates, latency: state.latency) }
        if let until, until < .distantFuture { watch.alarm?.set(at: until) }
    }
}
