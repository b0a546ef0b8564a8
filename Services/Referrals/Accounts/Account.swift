internal import Crypto
internal import Models
internal import ServiceKit

/// What account ids identify.
enum SignInAccount {}
typealias AccountID = ID<SignInAccount>
/// What session ids identify.
enum SignInSession {}
typealias SessionID = ID<SignInSession>

/// An account of somebody whose agency has no identity provider of its own.
struct Account: Sendable {
    /// A password that was told by an operator: how long it serves to choose one's own.
    static let oneTimeLife = Duration.seconds(72 * 3600)

    let accountID: AccountID
    let version: Int
    let role: Role
    /// Of staff; a participant's is kept as a digest only.
    let login: String?
    let peerID: PeerID?
    let participantID: ParticipantID?
    let passwordHash: [UInt8]
    let oneTimeUntil: Instant?
    /// Sealed.
    let timeCodeSecret: [UInt8]?
    let timeCodeConfirmedAt: Instant?
    /// The last step whose code was used.
    let timeCodeStep: Int64?
    let disabledAt: Instant?

    /// Whoever reaches many people's data, or the installation, needs more than a password.
    static func needsSecondFactor(_ role: Role) -> Bool {
        switch role {
        case .peer, .participant: false
        default: true
        }
    }

    /// The roles that accounts may have: partners come by SMART Backend Services, processes by no account.
    static func mayHave(_ role: Role) -> Bool { role != .partner && role != .service }

    var hasSecondFactor: Bool { timeCodeConfirmedAt != nil }

    func principal(in agencyID: AgencyID) -> Principal {
        Principal(
            agencyID: agencyID, subject: accountID.description, role: role, peerID: peerID,
            participantID: participantID)
    }
}

/// A token with which a session goes on: `<agency>.<256 random bits>`. Only its digest is kept.
struct RefreshToken: Hashable, Sendable {
    let agencyID: AgencyID
    let text: String

    static func new(in agencyID: AgencyID) -> RefreshToken {
        let secret = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
        return RefreshToken(agencyID: agencyID, text: "\(agencyID).\(Base64URL.encode(secret))")
    }

    /// Nil for what has not the form of one.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let agencyID = AgencyID(String(parts[0])),
            Base64URL.decode(parts[1].utf8)?.count == 32
        else { return nil }
        self.init(agencyID: agencyID, text: text)
    }

    private init(agencyID: AgencyID, text: String) {
        (self.agencyID, self.text) = (agencyID, text)
    }

    var digest: String { Hexadecimal.encode(SHA256.hash(data: Array(text.utf8))) }
}

/// A password for the first time, as an operator tells it: a hundred bits in groups that can be read out.
enum OneTimePassword {
    static func new() -> String {
        let bytes = SymmetricKey(size: .init(bitCount: 104)).withUnsafeBytes { Array($0) }
        let letters = Array(Base32.encode(bytes).lowercased().prefix(20))
        return stride(from: 0, to: 20, by: 4).map { String(letters[$0..<$0 + 4]) }.joined(separator: "-")
    }
}
