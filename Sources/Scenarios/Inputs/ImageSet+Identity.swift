import Core
import Models

extension ImageSet {
    /// What an image set's hash says of it before its pixels.
    private struct Heading: Encodable {
        let side: Int
        let labels: String
        let classes: [String]
        let domains: String
        let domainNames: [String]
        /// Missing where nothing says whose the images are.
        let owners: String?
        let ownerNames: [String]?

        enum CodingKeys: String, CodingKey {
            case side, labels, classes, domains, domainNames = "domain_names", owners
            case ownerNames = "owner_names"
        }
    }

    /// SHA-256 over a line of canonical text, with side, labels, domains, owners and their names, and the
    /// pixels, hexadecimal.
    var sha256: String {
        let heading = Heading(
            side: side, labels: RunLengths.encode(labels), classes: classNames,
            domains: RunLengths.encode(domains), domainNames: domainNames,
            owners: owners.map { RunLengths.encode($0.indices) }, ownerNames: owners?.names)
        let envelope = CanonicalText.Envelope(kind: "image-set", version: 2, content: heading)
        var hash = SHA256()
        hash.update(data: Array((CanonicalText.of(envelope) + "\n").utf8))
        pixels.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return hash.finalize().hexadecimal
    }

    /// The hash by the rule of a version. That of version 0.1 leaves out domains and how labels belong to
    /// them.
    func sha256(_ identities: IdentityVersion) -> String {
        guard identities == .first else { return sha256 }
        var hash = SHA256()
        hash.update(data: Array("\(side) \(labels.count) \(classNames.joined(separator: ","))\n".utf8))
        labels.withUnsafeBytes { hash.update(bufferPointer: $0) }
        pixels.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return hash.finalize().hexadecimal
    }
}
