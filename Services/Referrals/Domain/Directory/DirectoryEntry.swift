public import Models

/// Names an entry of the directory.
public typealias DirectoryEntryID = ID<DirectoryEntry>

/// A service or a meeting at one place, or online: what the directory knows of it, whichever feed it came from.
///
/// It says nothing about people: contacts by name are not read from any feed (the fellowships keep anonymity).
public struct DirectoryEntry: Hashable, Sendable, Codable {
    /// What sort of help it is.
    public enum Kind: String, Codable, CaseIterable, Hashable, Sendable {
        case service, meeting
    }

    /// Whose meetings they are.
    public enum Fellowship: String, Codable, CaseIterable, Hashable, Sendable {
        case aa, na, ca, cma, smart, lifering, celebrate, mara
        case womenForSobriety = "wfs"
        case recoveryDharma = "recovery-dharma"
        case alAnon = "al-anon"
        case other
    }

    /// The feed's own id of it.
    public var foreignID: String
    public var kind: Kind
    /// Nil for services.
    public var fellowship: Fellowship?
    public var name: String
    /// Who offers it: an organisation, or a group.
    public var organisation: String?
    public var description: String?
    /// The building or room.
    public var place: String?
    public var address: String?
    public var position: GeoPosition?
    public var isInPerson: Bool
    public var isOnline: Bool
    /// The IANA zone of its hours; nil takes that of whoever asks, which is right nearby.
    public var zone: String?
    /// When it is open in a usual week, in its own zone.
    public var hours: [WeeklyHours]
    /// What feeds say about hours that do not repeat by the week.
    public var hoursNote: String?
    /// By what it is filtered: `wheelchair`, `for:women`, `lang:es`, `need:housing`, `moud:methadone`, `type:SP`.
    public var tags: [String]
    public var eligibility: String?
    public var minimumAge: Int?
    public var maximumAge: Int?
    public var cost: String?
    /// How many places are free, and when that was so.
    public var openPlaces: Int?
    public var openPlacesAt: Instant?
    /// When the source last said that all of this is so.
    public var assuredAt: Instant?
    public var url: String?
    public var conferenceURL: String?
    public var phone: String?
    public var conferencePhone: String?
    public var notes: String?

    /// An entry of which only this is known.
    public init(foreignID: String, kind: Kind, name: String) {
        (self.foreignID, self.kind, self.name) = (foreignID, kind, name)
        (isInPerson, isOnline) = (true, false)
        (hours, tags) = ([], [])
    }

    /// Under what it is looked for: services, or the meetings of one fellowship.
    public var shelf: Shelf { Shelf(kind: kind, fellowship: fellowship) }

    /// Its place on the grid; nil where nobody can go there.
    public var cell: Int? { isInPerson ? position?.cell : nil }

    /// One part of the directory that can be looked through by itself.
    public struct Shelf: Hashable, Sendable {
        public let kind: Kind
        public let fellowship: Fellowship?

        public init(kind: Kind, fellowship: Fellowship?) {
            self.kind = kind
            self.fellowship = kind == .meeting ? fellowship ?? .other : nil
        }

        /// All that there are.
        public static let all =
            [Shelf(kind: .service, fellowship: nil)]
            + Fellowship.allCases.map { Shelf(kind: .meeting, fellowship: $0) }

        /// As it is stored: `service`, `meeting/na`.
        public var code: String {
            fellowship.map { "\(kind.rawValue)/\($0.rawValue)" } ?? kind.rawValue
        }
    }
}
