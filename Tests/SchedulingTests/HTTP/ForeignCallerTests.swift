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

    private static let denials = Statement(
        "test.denials", "select count(*) from scheduling.audit_event where decision = 'deny'")

    @Test(
        "nobody of another agency, and nobody without business here, can tell whether an id exists",
        arguments: [(true, Role.allCases), (false, [.peer, .participant, .partner, .operator])]
    )
    func walk(isOtherAgency: Bool, _ roles: [Role]) async throws {
        try await SchedulingFixture.with { fixture in
            let plan = try await fixture.handle(.fixture())
            let other = AgencyID(rawValue: UUID())
            try await fixture.addAgency(other)
            let registry = PrometheusRegistry()
            let contact = try plan.contact(at: fixture.clock.now)
            try await fixture.work { try await ContactStore.record(contact, in: $0) }
            // Another of each, so that lists go on.
            let second = try plan.contact(at: fixture.clock.now)
            try await fixture.work { try await ContactStore.record(second, in: $0) }
            _ = try await fixture.handle(.fixture(peerID: plan.peerID))
            let known = [
                "participantID": plan.participantID.description, "planID": plan.id.description,
                "contactID": contact.id.description, "peerID": plan.peerID.description,
                "appointmentID": try await fixture.published(AppointmentChanged.self)[0].appointmentID.description,
            ]
            let ids = IDSource.version7(clock: fixture.clock.wall)
            try await fixture.database.withPool(login: "scheduling") {
                $0.metrics = registry
            } _: { pool in
                let routes = SchedulingAPI(
                    database: Database(pool: pool, workers: pool), clock: fixture.clock.wall, ids: ids,
                    catalogue: .fixture
                ).routes
                try await APICaller.with("scheduling", routes, pool: pool, ids: ids) { caller in
                    let walk = ForeignWalk(
                        caller, known: known,
                        bodies: [
                            "recordContact":
                                #"{"participantID":"\#(plan.participantID)","planID":"{planID}","mode":"phone","#
                                + #""outcome":"reached","occurredAt":"2026-02-20T14:00:00Z"}"#,
                            "advancePlan":
                                #"{"to":"try-out","review":{"heldOn":"2026-02-20","connections":[],"nextFocusAreas":[]}}"#,
                            "enterCommunity": #"{"on":"2026-02-21"}"#,
                            "extendPhase": #"{"until":"2026-06-01","override":{"reason":"x"}}"#,
                            "closePlan": #"{"reason":"moved"}"#,
                            "reportRecurrence": #"{"occurredOn":"2026-02-19"}"#,
                            "cancelAppointment": #"{"reason":"pat"}"#,
                            "replaceAvailability": #"{"timeZone":"America/New_York","rules":[],"absences":[]}"#,
                        ],
                        owners: [
                            Principal(agencyID: fixture.agency, subject: "supervisor", role: .supervisor),
                            Principal(agencyID: fixture.agency, subject: "peer", role: .peer, peerID: plan.peerID),
                        ],
                        work: .init(registry) {
                            try await fixture.observer.query(Self.denials)[0].decode(Int.self)
                        }
                    )
                    let report = try await walk.run(
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
                    #expect(report.findings.isEmpty, "\(report.findings.map(\.description).joined(separator: "\n"))")
                    #expect(report.hidden > 5)
                    #expect(report.cursors > 0 && report.denials >= report.hidden && report.repeated > 0)
                    print(
                        "foreign walk, scheduling, \(isOtherAgency ? "another agency" : "the same agency"): \(report)")
                }
            }
        }
    }
}
