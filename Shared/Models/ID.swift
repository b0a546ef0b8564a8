public import FoundationEssentials

/// An identifier that knows what it identifies: an `ID` of a referral never passes for one of a participant.
///
/// The value is a UUID; new ones come from an ``IDSource`` and are of version 7, so that keys of rows that are written
/// together lie together. In JSON it is the lower-case UUID text.
public struct ID<Subject>: RawRepresentable, Hashable, Sendable {
    public let rawValue: UUID

    public init(rawValue: UUID) {
        self.rawValue = rawValue
    }
}

extension ID: LosslessStringConvertible {
    /// Reads the canonical UUID text in either case; anything else is nil.
    public init?(_ description: String) {
        guard let uuid = UUID(canonicalText: description) else { return nil }
        self.init(rawValue: uuid)
    }

    public var description: String {
        withUnsafeBytes(of: rawValue.uuid) { bytes in
            DigitWriter.text(atMost: 36) { text in
                for (index, byte) in bytes.enumerated() {
                    if index == 4 || index == 6 || index == 8 || index == 10 { text.write("-") }
                    text.write(hexadecimal: byte)
                }
            }
        }
    }
}

extension ID: Comparable {
    /// Ordered by bytes: for version 7 that is the order of creation, and it is PostgreSQL's order of `uuid`.
    public static func < (left: Self, right: Self) -> Bool {
        withUnsafeBytes(of: left.rawValue.uuid) { left in
            withUnsafeBytes(of: right.rawValue.uuid) { right in left.lexicographicallyPrecedes(right) }
        }
    }
}

extension ID: Codable {
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let id = Self(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not the text of a UUID")
            )
        }
        self = id
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension UUID {
    /// Reads 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12, in either case; anything else is nil.
    ///
    /// Foundation reads with `sscanf`, which takes longer than all the rest of a message's payload, and takes signs and
    /// spaces for digits.
    fileprivate init?(canonicalText text: String) {
        var value: (UInt64, UInt64) = (0, 0)
        var count = 0
        for byte in text.utf8 {
            if count == 8 || count == 13 || count == 18 || count == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
            } else {
                guard let digit = Self.digit(byte), count < 36 else { return nil }
                value.0 = value.0 << 4 | value.1 >> 60
                value.1 = value.1 << 4 | digit
            }
            count += 1
        }
        guard count == 36 else { return nil }
        var bigEndian = (value.0.bigEndian, value.1.bigEndian)
        self.init(uuid: withUnsafeBytes(of: &bigEndian) { $0.loadUnaligned(as: uuid_t.self) })
    }

    private static func digit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}

/// What identifiers identify. The cases are only names: nothing has these types.
public enum Subject {
    public enum Agency {}
    public enum Partner {}
    public enum Participant {}
    public enum Referral {}
    public enum Consent {}
    public enum Restriction {}
    public enum Emergency {}
    public enum Disclosure {}
    public enum Amendment {}
    public enum Peer {}
    public enum Match {}
    public enum Plan {}
    public enum Appointment {}
    public enum Contact {}
    public enum Assessment {}
    public enum Residence {}
    public enum Placement {}
    public enum Need {}
    public enum Linkage {}
    public enum Suggestion {}
    public enum Subscription {}
    public enum Onward {}
}

/// The tenant: an agency that runs peer recovery support.
public typealias AgencyID = ID<Subject.Agency>
/// An organisation that refers to an agency: a hospital, a court, a prison.
public typealias PartnerID = ID<Subject.Partner>
/// A person who receives support, under the agency's own pseudonym.
public typealias ParticipantID = ID<Subject.Participant>
/// What a partner's client wants to hear of.
public typealias SubscriptionID = ID<Subject.Subscription>
public typealias ReferralID = ID<Subject.Referral>
/// A referral that an agency sends on to another organisation.
public typealias OnwardID = ID<Subject.Onward>
public typealias ConsentID = ID<Subject.Consent>
/// What a participant asked not to be done, and the agency agreed to.
public typealias RestrictionID = ID<Subject.Restriction>
/// An emergency in which something was told without consent (42 CFR 2.51).
public typealias EmergencyID = ID<Subject.Emergency>
/// One row of the accounting of disclosures.
public typealias DisclosureID = ID<Subject.Disclosure>
/// What a participant finds wrong in the record.
public typealias AmendmentID = ID<Subject.Amendment>
/// A person with lived experience who gives support.
public typealias PeerID = ID<Subject.Peer>
/// A referral being brought together with a peer: a dispatch in an emergency, otherwise a proposal.
public typealias MatchID = ID<Subject.Match>
/// A participant's contact plan under one programme model.
public typealias PlanID = ID<Subject.Plan>
public typealias AppointmentID = ID<Subject.Appointment>
public typealias ContactID = ID<Subject.Contact>
/// One answered instrument.
public typealias AssessmentID = ID<Subject.Assessment>
/// A recovery residence: a house where people in recovery live together.
public typealias ResidenceID = ID<Subject.Residence>
/// Somebody's way into a recovery residence and through it, from the application until they moved out.
public typealias PlacementID = ID<Subject.Placement>
/// Something that a person lacks, from the day it is known until it is met or no longer there.
public typealias NeedID = ID<Subject.Need>
/// One attempt to bring a person and a service together, for one need.
public typealias LinkageID = ID<Subject.Linkage>
/// That somebody in an emergency department may need a peer, for a person to decide.
public typealias SuggestionID = ID<Subject.Suggestion>
