internal import Crypto
internal import Models
internal import ReferralsDomain
internal import ReferralsSettings
internal import ServiceKit

/// The keys of the blind indexes, by version.
///
/// Digests are written and looked up under every version in the file. So a new version is added first, everything is
/// indexed under both, and the old one is removed later: at no moment is a person not found, or registered twice.
struct BlindIndexKeys: Sendable {
    /// Sorted by version, so that all processes insert in the same order and cannot deadlock.
    private let keys: [(version: Int16, key: SymmetricKey)]

    init(_ file: IndexKeysFile) {
        keys = file.keys.sorted { $0.key < $1.key }.map { (version: $0.key, key: SymmetricKey(data: $0.value)) }
    }

    /// The versions in the file.
    var versions: [Int16] { keys.map(\.version) }

    /// The digests of these keys under every version, sorted by kind, version and digest.
    func digests(of texts: Set<IndexKey>, in agency: AgencyID) -> [BlindIndex] {
        var found: [BlindIndex] = []
        for text in texts {
            for (version, digest) in digests(of: "\(text.kind.rawValue)/\(text.text)", in: agency) {
                found.append(BlindIndex(kind: text.kind, version: version, digest: digest))
            }
        }
        return found.sorted()
    }

    /// The digests of what a sender calls its referral.
    func placerDigests(of identifier: String, by client: String, in agency: AgencyID) -> [(Int16, String)] {
        digests(of: "placer/\(client)/\(identifier)", in: agency)
    }

    /// The digests of what a partner calls a visit.
    func visitDigests(of visit: String, from partner: PartnerID, in agency: AgencyID) -> [(Int16, String)] {
        digests(of: "visit/\(partner)/\(visit)", in: agency)
    }

    /// The digests of what tells a Patient whom a partner sent before any order from its others.
    func patientDigests(of number: String, from partner: PartnerID, in agency: AgencyID) -> [(Int16, String)] {
        digests(of: "patient/\(partner)/\(number)", in: agency)
    }

    /// The digests of the name under which somebody signs in, the oldest version first.
    func loginDigests(of login: String, in agency: AgencyID) -> [(Int16, String)] {
        digests(of: "login/\(login)", in: agency)
    }

    /// HMAC-SHA-256 in hexadecimal. The agency is part of the text: equal people in two agencies are not linked.
    private func digests(of text: String, in agency: AgencyID) -> [(Int16, String)] {
        keys.map { version, key in
            (
                version,
                Hexadecimal.encode(HMAC<SHA256>.authenticationCode(for: Array("\(agency)/\(text)".utf8), using: key))
            )
        }
    }
}

/// One digest by which a participant is found.
struct BlindIndex: Hashable, Comparable, Sendable {
    let kind: IndexKey.Kind
    let version: Int16
    let digest: String

    static func < (left: BlindIndex, right: BlindIndex) -> Bool {
        (left.kind.rawValue, left.version, left.digest) < (right.kind.rawValue, right.version, right.digest)
    }
}
