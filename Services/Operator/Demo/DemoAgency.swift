import FoundationEssentials
import Models

/// The synthetic agency that demonstrations run in.
enum DemoAgency {
    /// Always the same, so that commands and bookmarks stay valid.
    static let id = AgencyID(rawValue: .init(uuid: (1, 0x9A, 0xBC, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 1)))
}
