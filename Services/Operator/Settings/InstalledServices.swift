import MessageTable
import OutcomesMigrations
import PeerMatchingMigrations
import Postgres
import ReferralsMigrations
import ReferralsSettings
import SchedulingMigrations
import ServiceKit

/// The services of the suite, as the operator's command knows them.
enum InstalledServices {
    static let names = ["referrals", "peer-matching", "scheduling", "outcomes"]

    /// Every schema, in the order in which they build on each other.
    static let migrations = [
        PlatformMigrations.all, MessageTableMigrations.all, ReferralsMigrations.all, PeerMatchingMigrations.all,
        SchedulingMigrations.all, OutcomesMigrations.all,
    ]

    /// The settings of a service beside those that all have.
    static func ownSettings(of service: String) -> [SettingReference] {
        service == "referrals" ? ReferralsSettings.all : []
    }

    /// The schema that a service owns.
    static func schema(of service: String) -> String {
        switch service {
        case "referrals": "referral"
        case "peer-matching": "matching"
        case "outcomes": "outcome"
        default: service
        }
    }

    /// The two logins of a service with the beginnings of their variables.
    static func logins(of service: String) -> [(login: String, prefix: String)] {
        let name = String(service.map { $0 == "-" ? "_" : $0 })
        let prefix = "HANDRAIL_" + name.uppercased()
        return [(name, prefix), (name + "_worker", prefix + "_WORKER")]
    }
}
