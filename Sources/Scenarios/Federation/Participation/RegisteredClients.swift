import Models
import Simulator

/// The registered clients of a federation, each made from (seed, number) when it is first needed.
///
/// A million registered clients cost a bit each until they take part. Where every image belongs to one
/// client, all are made and logged at the beginning, as each of them is somebody's.
public final class RegisteredClients {
    /// Registered clients, numbered from 0.
    public let count: Int
    private let make: (Int) -> Client
    private let log: (Client) -> Void
    private let holdings: ImageHoldings
    /// Whose images they hold; nil where they are no owners.
    let owners: ClientOwners?
    /// How long a round of a client may take, in seconds, on an idle network; it need not be made for that.
    let expectedSeconds: (Int) -> Double
    private var known: [Int: Client] = [:]
    /// Whether a client's row has been logged, a bit each.
    private var logged: [UInt64]

    init(
        count: Int, holdings: ImageHoldings, owners: ClientOwners? = nil,
        expectedSeconds: @escaping (Int) -> Double, make: @escaping (Int) -> Client,
        log: @escaping (Client) -> Void
    ) {
        self.count = count
        self.expectedSeconds = expectedSeconds
        self.holdings = holdings
        self.owners = owners
        self.make = make
        self.log = log
        logged = Array(repeating: 0, count: (count + 63) / 64)
    }

    /// The client of a number.
    ///
    /// - Precondition: `0 <= id < count`.
    public subscript(id: Int) -> Client {
        precondition((0..<count).contains(id), "client \(id) of \(count)")
        if let client = known[id] { return client }
        let client = make(id)
        known[id] = client
        if logged[id / 64] & (1 << (id % 64)) == 0 {
            logged[id / 64] |= 1 << (id % 64)
            log(client)
        }
        return client
    }

    /// Makes all clients, where they are few.
    func makeAll() {
        for id in 0..<count { _ = self[id] }
    }

    /// How many images a client holds; it need not be made for that.
    public func samples(of id: Int) -> Int { holdings.sampleCount(of: id) }

    /// Indices of a client's training images, ascending; it need not be made for that.
    func images(of id: Int) -> [Int] { holdings.images(of: id) }

    /// The clients whose rows are in the log, ascending: of those that draw their images, the ones that were
    /// ever needed.
    var inLog: [Int] { (0..<count).filter { logged[$0 / 64] & (1 << ($0 % 64)) != 0 } }

    /// The training images that clients hold, ascending: of clients that draw their images, those that were
    /// ever needed.
    var heldImages: [Int] {
        var held: Set<Int> = []
        for id in 0..<count where !holdings.areDrawn || logged[id / 64] & (1 << (id % 64)) != 0 {
            held.formUnion(holdings.images(of: id))
        }
        return held.sorted()
    }

    /// Lets go of models that no round trains any more, and of clients that can be made again.
    func release(besides model: ModelState?, keeping busy: Set<Int>) {
        if holdings.areDrawn {
            known = known.filter { busy.contains($0.key) }
        } else {
            for client in known.values where !client.holds(model) { client.forget() }
        }
    }
}
