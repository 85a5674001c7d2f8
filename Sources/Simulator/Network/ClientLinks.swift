/// The access links of a population: how many clients there are, and the link of each, made when first asked.
///
/// A population of a million registered clients costs nothing until they are used:
///
/// ```swift
/// let links = ClientLinks(count: 1_000_000) { client in
///     var stream = RandomStream(seed: seed, entity: client, purpose: "uplink")
///     return ClientLink(uplink: BytesPerSecond(uplink.sample(using: &stream)), …)
/// }
/// ```
public struct ClientLinks: Sendable {
    /// Registered clients, numbered from 0.
    public let count: Int
    private let make: @Sendable (Int) -> ClientLink

    /// Links that are computed.
    ///
    /// - Parameters:
    ///   - count: how many clients there are.
    ///   - link: the link of a client. A pure function of the client's number: it may be asked again.
    /// - Precondition: `count` is not negative and fits in 32 bits.
    public init(count: Int, link: @escaping @Sendable (_ client: Int) -> ClientLink) {
        precondition(count >= 0 && count <= Int(Int32.max), "\(count) clients")
        self.count = count
        make = link
    }

    /// Links that are listed, by client number.
    public init(_ links: [ClientLink]) {
        self.init(count: links.count) { links[$0] }
    }

    /// The link of a client.
    ///
    /// - Precondition: the client exists.
    public func link(of client: Int) -> ClientLink {
        precondition(client >= 0 && client < count, "client \(client) of \(count)")
        return make(client)
    }
}
