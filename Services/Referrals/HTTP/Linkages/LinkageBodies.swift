internal import Models
internal import ReferralsDomain
internal import ServiceKit

/// `POST …/linkages`.
struct LinkageBody: Decodable, Sendable {
    /// A code of the catalogue.
    var service: String
    /// 1 told of it, 2 called together, 3 went there together.
    var level: Linkage.Level
    /// The entry of the directory.
    var entryID: DirectoryEntryID?
    /// What it is called, where the directory has it not.
    var provider: String?
    var note: String?
    /// When and how somebody is driven.
    var ride: RideBody?

    func faults(for need: Need, _ catalogue: LinkageCatalogue) -> [Fault] {
        var found: [Fault] = []
        let kind = catalogue.service(service)
        if kind?.need != need.kind {
            let fitting = catalogue.services.filter { $0.need == need.kind }.map(\.code)
            found.append(Fault("/service", "for this need one of \(fitting.joined(separator: ", "))"))
        }
        if let provider, !(1...200).contains(provider.count) {
            found.append(Fault("/provider", "1 to 200 characters"))
        }
        if let note, !(1...1000).contains(note.count) { found.append(Fault("/note", "1 to 1000 characters")) }
        if (ride != nil) != (kind?.isRide ?? false) { found.append(Fault("/ride", "for a ride, and only for one")) }
        if let ride { found += ride.ride.faults(catalogue, at: "/ride") }
        return found
    }
}

/// When and how somebody is driven.
struct RideBody: Codable, Sendable {
    var purpose: String
    var mode: String
    var pickUpFrom: Instant
    var pickUpUntil: Instant
    var costCents: Int?
    var fundID: FundID?
    var appointmentID: AppointmentID?

    var ride: Ride {
        Ride(
            purpose: purpose, mode: mode, pickUpFrom: pickUpFrom, pickUpUntil: pickUpUntil, costCents: costCents,
            fundID: fundID, appointmentID: appointmentID)
    }
}

/// `POST …/admit`, `…/attend`.
struct LinkageStart: Decodable, Sendable {
    /// When that was; now where it is left out.
    var startedAt: Instant?
}

/// `POST …/refuse`.
struct LinkageNo: Decodable, Sendable {
    /// A code of the catalogue; it says whether the service or the person said no.
    var reason: String

    func checked(_ catalogue: LinkageCatalogue) throws(Faults) -> LinkageCatalogue.Reason {
        guard let known = catalogue.refusal(reason) else {
            throw Faults([
                Fault("/reason", "one of \(catalogue.refusals.map(\.code).joined(separator: ", "))")
            ])
        }
        return known
    }
}

/// `POST …/check`.
struct LinkageAnswer: Decodable, Sendable {
    var days: Int
    var answer: LinkageCheck.Answer
}
