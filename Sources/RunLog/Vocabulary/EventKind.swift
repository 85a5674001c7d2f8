/// What an event says: the column `event.kind`.
///
/// The set is closed but for work: each kind of work begins with an event `<kind>-start` and ends with
/// `<kind>-end`.
public enum EventKind: Sendable, Hashable {
    case roundStart
    case roundEnd
    case roundWaits
    case roundAbandoned
    case downloadStart
    case downloadEnd
    case downloadLost
    case uploadStart
    case uploadEnd
    case uploadLost
    case update
    case updateLate
    case updateStale
    case clientLate
    case clientCut
    case clientDropped
    case clientLeft
    case clientAway
    case linkDown
    case serverDown
    case serverBusy
    case notANumber
    case privacyAccounting
    case imagesSkipped
    case clientOwner
    case ownersLeftOut
    case attack
    case promptsRejected
    /// Work of a kind begins.
    case started(WorkKind)
    /// Work of a kind has ended.
    case ended(WorkKind)
    /// A kind that only another version knows; no part of this package writes one.
    case other(String)
}

extension EventKind: LogWord {
    public static let all: [EventKind] = [
        .roundStart, .roundEnd, .roundWaits, .roundAbandoned, .downloadStart, .downloadEnd, .downloadLost,
        .uploadStart, .uploadEnd, .uploadLost, .update, .updateLate, .updateStale, .clientLate, .clientCut,
        .clientDropped, .clientLeft, .clientAway, .linkDown, .serverDown, .serverBusy, .notANumber,
        .privacyAccounting, .imagesSkipped, .clientOwner, .ownersLeftOut, .attack, .promptsRejected,
    ]

    public var rawValue: String {
        switch self {
        case .roundStart: "round-start"
        case .roundEnd: "round-end"
        case .roundWaits: "round-waits"
        case .roundAbandoned: "round-abandoned"
        case .downloadStart: "download-start"
        case .downloadEnd: "download-end"
        case .downloadLost: "download-lost"
        case .uploadStart: "upload-start"
        case .uploadEnd: "upload-end"
        case .uploadLost: "upload-lost"
        case .update: "update"
        case .updateLate: "update-late"
        case .updateStale: "update-stale"
        case .clientLate: "client-late"
        case .clientCut: "client-cut"
        case .clientDropped: "client-dropped"
        case .clientLeft: "client-left"
        case .clientAway: "client-away"
        case .linkDown: "link-down"
        case .serverDown: "server-down"
        case .serverBusy: "server-busy"
        case .notANumber: "not-a-number"
        case .privacyAccounting: "privacy-accounting"
        case .imagesSkipped: "images-skipped"
        case .clientOwner: "client-owner"
        case .ownersLeftOut: "owners-left-out"
        case .attack: "attack"
        case .promptsRejected: "prompts-rejected"
        case .started(let work): work.rawValue + Self.startSuffix
        case .ended(let work): work.rawValue + Self.endSuffix
        case .other(let text): text
        }
    }

    private static let startSuffix = "-start"
    private static let endSuffix = "-end"
    private static let fixed = Dictionary(uniqueKeysWithValues: all.map { ($0.rawValue, $0) })

    /// The kind of a text that was read. Every text that ends with `-start` or `-end` and is no fixed kind
    /// tells of work.
    public init(rawValue: String) {
        if let kind = Self.fixed[rawValue] {
            self = kind
        } else if rawValue.hasSuffix(Self.startSuffix) {
            self = .started(WorkKind(rawValue: String(rawValue.dropLast(Self.startSuffix.count))))
        } else if rawValue.hasSuffix(Self.endSuffix) {
            self = .ended(WorkKind(rawValue: String(rawValue.dropLast(Self.endSuffix.count))))
        } else {
            self = .other(rawValue)
        }
    }

    public var meaning: String {
        switch self {
        case .roundStart: "A round begins; in methods without rounds, the time until the next model does."
        case .roundEnd: "A round has ended."
        case .roundWaits: "Too few clients are available for the round. Detail: `available`, their number."
        case .roundAbandoned: "A round had too few updates; the model stays. Detail: `updates`, `minimum`."
        case .downloadStart: "The server begins to send a message. Bytes: its size. Detail: `payload`."
        case .downloadEnd: "The client has the message. Bytes: its size. Detail: `payload`."
        case .downloadLost: "The message was given up on its way. Bytes: what had moved. Detail: `payload`."
        case .uploadStart: "A client begins to send a message. Bytes: its size. Detail: `payload`."
        case .uploadEnd: "The server has the message. Bytes: its size. Detail: `payload`."
        case .uploadLost: "The message was given up on its way. Bytes: what had moved. Detail: `payload`."
        case .update: "The server takes a client's update without waiting for others. Detail: `staleness`."
        case .updateLate: "An update came after its round, and is not used. Bytes: its size."
        case .updateStale:
            "An update came after its round, and is used. Bytes: its size; detail: `staleness`."
        case .clientLate: "A client is still at work when its round ends, and goes on."
        case .clientCut: "A client is still at work when its round ends, and gives up. Detail: `reason`."
        case .clientDropped: "A client drops out of its round. Detail: `stage`, what it was doing."
        case .clientLeft: "A client goes away and gives up what it does; it may take part in a later round."
        case .clientAway: "A client is away, and its transfers wait. Detail: `until`, in virtual seconds."
        case .linkDown: "A client's link is down; its transfers wait. Detail: `until`, in virtual seconds."
        case .serverDown: "The server is down, and all transfers wait. Detail: `until`, in virtual seconds."
        case .serverBusy:
            "Work of the server waits for other work. Detail: `work`, its kind; `ahead`, what is before it."
        case .notANumber:
            "A result holds values that are not numbers. Detail: `work`, `layer` or `loss`, `epoch`."
        case .privacyAccounting:
            "How epsilon is counted, once in a run. Detail: `accounting`, `at`, `selection`, `unit` if not a "
                + "client."
        case .imagesSkipped: "Images of the data set could not be read. Detail: `count`, the `first`."
        case .clientOwner:
            "The client of a natural partition holds the images of an owner. Detail: `owner`, the name."
        case .ownersLeftOut:
            "Owners are no clients. Detail: `few`, those with too few images; `not_chosen`; `images` of "
                + "nobody."
        case .attack:
            "Some clients attack, once in a run. Detail: `attack`, its kind; `count`; `clients`, a thousand."
        case .promptsRejected:
            "The server's filter leaves out a client's prompts. Detail: `agreement`, `needed`."
        case .started(let work): "Work of the kind `\(work)` begins."
        case .ended(let work): "Work of the kind `\(work)` has ended."
        case .other: ""
        }
    }
}
