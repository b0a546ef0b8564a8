import FoundationEssentials
import Models
import Postgres
import SchedulingDomain
import ServiceKit
import TestKit
import Testing

@testable import Scheduling

@Suite("Every route, called by others")
struct ForeignCallerTests {
    private static let hours: Set<String> = ["readAvailability", "replaceAvailability", "listFreeSlots"]

    @Test(
        "nobody of another agency, and nobody without business here, can tell whether an id exists",
        arguments: [(true, Role.allCases), (false, [.peer, .participant, .partner, .operator])]
    )
    func walk(isOtherAgency: Bool, _ roles: [Role]) async throws {
        try await SchedulingFixture.with { fixture in
            let plan = try await fixture.handle(.fixture())
            let other = AgencyID(rawValue: UUID())
            try await fixture.addAgency(other)
            let contact = try plan.contact(at: fixture.clock.now)
            try await fixture.work { try await ContactStore.record(contact, in: $0) }
            let known = [
                "planID": plan.id.description, "contactID": contact.id.description, "peerID": plan.peerID.description,
                "appointmentID": try await fixture.published(AppointmentChanged.self)[0].appointmentID.description,
            ]
            let ids = IDSource.version7(clock: fixture.clock.wall)
            let routes = fixture.routes
            try await APICaller.with("scheduling", routes, pool: fixture.service, ids: ids) { caller in
                let walk = ForeignWalk(
                    caller, known: known,
                    bodies: [
                        "advancePlan":
                            #"{"to":"try-out","review":{"heldOn":"2026-02-20","connections":[],"nextFocusAreas":[]}}"#,
                        "enterCommunity": #"{"on":"2026-02-21"}"#,
                        "extendPhase": #"{"until":"2026-06-01","override":{"reason":"x"}}"#,
                        "closePlan": #"{"reason":"moved"}"#,
                        "reportRecurrence": #"{"occurredOn":"2026-02-19"}"#,
                        "cancelAppointment": #"{"reason":"pat"}"#,
                        "replaceAvailability": #"{"timeZone":"America/New_York","rules":[],"absences":[]}"#,
                    ]
                )
                let (findings, hidden) = try await walk.run(
                    // A peer whom the agency does not know has no hours: an empty answer, whoever it is.
                    routes.declared, as: roles, exempt: isOtherAgency ? Self.hours : []
                ) { role in
                    Principal(
                        agencyID: isOtherAgency ? other : fixture.agency, subject: "stranger", role: role,
                        partnerID: PartnerID(rawValue: UUID()),
                        peerID: isOtherAgency ? plan.peerID : PeerID(rawValue: UUID()),
                        participantID: isOtherAgency ? plan.participantID : ParticipantID(rawValue: UUID())
                    )
                }
                #expect(findings.isEmpty, "\(findings.map(\.description).joined(separator: "\n"))")
                #expect(hidden > 5)
            }
        }
    }
}
