internal import FoundationEssentials
internal import JSON
internal import MessageTable
internal import Models
public import PeerMatchingDomain
public import Postgres

/// The schema `matching` within one transaction of one agency.
///
/// Row-level security shows this agency's rows only; the agency is in each statement as well, because it leads every
/// index. Writes take the closure form: load for update, change, save, publish, all in the caller's transaction.
struct Store: Sendable {
    let transaction: Transaction
    let agencyID: AgencyID
    let now: Instant
    let ids: IDSource
    /// Sent along with each message, so that what follows can be traced to its cause.
    let headers: MessageHeaders
}

/// Why the store cannot do something that a caller asked for.
struct StoreError: Error, Hashable {
    enum Code: Hashable {
        case unknownPeer, unknownMatch, unknownShift
        /// A request names a peer whom the agency does not have.
        case noSuchPeer
        case staleVersion
        /// The shift overlaps another of the peer's, or follows it without rest.
        case shiftTooClose
        /// Somebody else has that place on the line then.
        case placeTaken
        case caseloadFull
    }

    let code: Code

    init(_ code: Code) { self.code = code }
}

extension Peer.Status: PostgresEncodable, PostgresDecodable {}
extension Match.Status: PostgresEncodable, PostgresDecodable {}
extension Offer.Status: PostgresEncodable, PostgresDecodable {}
extension ExcludedPair.Reason: PostgresEncodable, PostgresDecodable {}

extension JSONB {
    /// A value as JSON, with its members in order, so that equal values are equal text.
    init(encoding value: some Encodable) throws {
        self.init(try JSONValue.text(of: value, sortingNames: true))
    }

    func decoded<Value: Decodable>(as _: Value.Type = Value.self) throws -> Value {
        try JSONValue.decode(from: bytes)
    }
}
