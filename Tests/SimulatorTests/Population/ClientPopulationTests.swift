import Core
import Simulator
import Testing

@Suite("Client populations")
struct ClientPopulationTests {
    private var quantities: ClientPopulation.Quantities {
        var quantities = ClientPopulation.Quantities()
        quantities.uplink = .drawn(.lognormal(median: 2.5e6, sigma: 0.8))
        quantities.latency = .drawn(.uniform(from: 0.01, to: 0.1))
        quantities.flopsPerSecond = .drawn(.choice(values: [1e11, 1e12], weights: [1, 1]))
        return quantities
    }

    @Test("links and devices are functions of (seed, client), whoever else there is")
    func pure() throws {
        let few = ClientPopulation(clients: 10, seed: 3, quantities: quantities)
        let many = ClientPopulation(clients: 1_000_000, seed: 3, quantities: quantities)
        for client in (0..<10).reversed() {
            #expect(few.link(of: client) == many.link(of: client))
            #expect(few.device(of: client) == many.device(of: client))
            #expect(few.link(of: client) == few.links.link(of: client))
        }
        #expect(Set((0..<10).map { few.link(of: $0) }).count == 10)
        let other = ClientPopulation(clients: 10, seed: 4, quantities: quantities)
        #expect(other.link(of: 0) != few.link(of: 0))
    }

    @Test("draws are those of the named streams")
    func streams() {
        let population = ClientPopulation(clients: 5, seed: 7, quantities: quantities)
        for client in 0..<5 {
            var stream = RandomStream(seed: 7, entity: client, purpose: "uplink")
            let uplink = Distribution.lognormal(median: 2.5e6, sigma: 0.8).sample(using: &stream)
            #expect(population.link(of: client).uplink.value == uplink)
            #expect(population.link(of: client).downlink.value == 12.5e6)
        }
    }

    @Test("stragglers are those of the rule")
    func stragglers() throws {
        let rule = try Stragglers(fraction: 0.2, slowdown: 5)
        let population = ClientPopulation(
            clients: 200, seed: 7, quantities: ClientPopulation.Quantities(), stragglers: rule)
        var stream = RandomStream(seed: 7, purpose: "stragglers")
        let slowdowns = rule.slowdowns(clients: 200, using: &stream)
        #expect((0..<200).map { population.device(of: $0).slowdown } == slowdowns)
    }

    @Test("listed values are taken by number, and a slowdown multiplies with that of stragglers")
    func listed() throws {
        var quantities = ClientPopulation.Quantities()
        quantities.uplink = .listed([10, 20])
        quantities.slowdown = .listed([3, 4])
        let population = ClientPopulation(
            clients: 2, seed: 1, quantities: quantities, stragglers: try Stragglers(fraction: 1, slowdown: 5))
        #expect((0..<2).map { population.link(of: $0).uplink.value } == [10, 20])
        #expect((0..<2).map { population.device(of: $0).slowdown } == [15, 20])
    }

    @Test("a round's slowdown is drawn for each client and round, and multiplies")
    func rounds() {
        var quantities = ClientPopulation.Quantities()
        quantities.roundSlowdown = .uniform(from: 1, to: 3)
        let population = ClientPopulation(clients: 3, seed: 1, quantities: quantities)
        let slowdowns = (0..<3).flatMap { client in
            (1...4).map { population.device(of: client, round: $0).slowdown }
        }
        #expect(Set(slowdowns).count == 12)
        #expect(slowdowns.allSatisfy { (1..<3).contains($0) })
        #expect(population.device(of: 2, round: 4).slowdown == slowdowns[11])
        #expect(population.device(of: 2).slowdown == 1)
    }

    @Test("draws of a tail that no link can have are brought within what one can")
    func tails() {
        var quantities = ClientPopulation.Quantities()
        quantities.uplink = .drawn(.pareto(minimum: 1e300, shape: 0.01))
        quantities.downlink = .drawn(.exponential(mean: 1e-300))
        quantities.latency = .drawn(.pareto(minimum: 1, shape: 0.001))
        let population = ClientPopulation(clients: 50, seed: 1, quantities: quantities)
        for client in 0..<50 {
            let link = population.link(of: client)
            #expect(link.uplink.value == 1e15 && link.downlink.value == 1)
            #expect(link.latency <= .seconds(86_400))
        }
    }
}
