import FHIR
import FoundationEssentials
import HTTPTypes
import JSON
import MessageTable
import Models
import Postgres
import ReferralsDomain
import TestKit
import Testing

@testable import Referrals

@Suite("A Patient who is sent before any order")
struct PatientFirstTests {
    @Test("nobody is a participant until the order comes; then all is as if it had come along")
    func oneAfterTheOther() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let created = try await hospital.post("/fhir/Patient", PatientFirst.robin)
            #expect(created.status == .created)
            let patient = "Patient/\(try #require(created.json[["id"]]?.string))"
            let location = try #require(created.headers[.location])
            #expect(location == "\(PartnerServer.publicURL)/fhir/\(patient)/_history/1")
            #expect(try await hospital.get("/fhir/\(patient)").json == created.json)
            #expect(created.json[["name", 0, "family"]] == "Example")
            let consent = try await hospital.create(PatientFirst.consent(of: patient))
            #expect(try await hospital.get("/fhir/\(consent)").json[["patient", "reference"]]?.string == patient)
            #expect(try await hospital.get("/fhir/Patient").json[["total"]] == 0)
            #expect(try await server.people() == 0)
            #expect(try await server.consents() == 0)
            #expect(try await server.kept() == 2)

            let order = try await hospital.create(PatientFirst.order(of: patient))
            #expect(try await server.people() == 1)
            #expect(try await server.consents() == 1)
            #expect(try await server.kept() == 0)
            #expect(try await server.told() == ["referral.accepted.v1"])
            #expect(try await hospital.get("/fhir/\(order)").json[["subject", "reference"]]?.string == patient)
            let task = try await hospital.create(PatientFirst.task(of: order, for: patient))
            try await server.referring.moveOn()
            let read = try await hospital.get("/fhir/\(task)")
            #expect(read.json[["status"]] != "accepted", "the consent lets the sender know more")
            #expect(read.json[["for", "reference"]]?.string == patient)
            #expect(try await hospital.get("/fhir/\(patient)").json[["name", 0, "family"]] == "Example")
            #expect(try await hospital.get("/fhir/\(consent)").json[["status"]] == "active")
            #expect(try await hospital.get("/fhir/Patient").json[["total"]] == 1)
            // The id stays the person's.
            let second = try await hospital.create(PatientFirst.order(of: patient, number: "ORD-2"))
            #expect(try await hospital.get("/fhir/\(second)").json[["subject", "reference"]]?.string == patient)
            #expect(try await server.people() == 1)
        }
    }

    @Test("somebody with a name alone stays one person for all orders about their id")
    func nameAlone() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let patient = try await hospital.create(PatientFirst.nameless)
            for number in ["ORD-1", "ORD-2"] {
                _ = try await hospital.create(PatientFirst.order(of: patient, number: number))
            }
            #expect(try await server.people() == 1)
        }
    }

    @Test("an order in a Bundle takes the person in too, and answers for what was in the Bundle")
    func bundle() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let patient = try await hospital.create(PatientFirst.robin)
            let bundle: JSONValue = [
                "resourceType": "Bundle", "type": "transaction",
                "entry": [
                    [
                        "fullUrl": "urn:uuid:0b0e4c5e-0000-4000-8000-000000000003",
                        "request": ["method": "POST", "url": "ServiceRequest"],
                        "resource": PatientFirst.order(of: patient),
                    ],
                    [
                        "fullUrl": "urn:uuid:0b0e4c5e-0000-4000-8000-000000000004",
                        "request": ["method": "POST", "url": "Task"],
                        "resource": PatientFirst.task(
                            of: "urn:uuid:0b0e4c5e-0000-4000-8000-000000000003", for: patient),
                    ],
                ],
            ]
            let answer = try await hospital.post("/fhir", bundle)
            let paths = try Sender.paths(answer)
            #expect(paths.count == 2)
            #expect(try await hospital.get(paths[1]).json[["for", "reference"]]?.string == patient)
            #expect(try await hospital.post("/fhir", bundle).json == answer.json, "the same again")
            #expect(try await hospital.get("/fhir/\(patient)").json[["birthDate"]] == "1990-04-01")
            #expect(try await server.people() == 1)
        }
    }

    @Test("the same again is the same id, by identifier or by body; what is new about them is the next version")
    func again() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let patient = try await hospital.create(PatientFirst.robin)
            #expect(try await hospital.create(PatientFirst.robin) == patient)
            let body = try await hospital.create(PatientFirst.nameless)
            #expect(try await hospital.create(PatientFirst.nameless) == body)
            #expect(body != patient)
            let changed = PatientFirst.robin.setting("gender", to: "female")
            let condition = ["If-None-Exist": "identifier=http://hospital.example/mrn|12345"]
            let conditional = try await hospital.post("/fhir/Patient", changed, headers: condition)
            #expect(conditional.status == .ok && conditional.json[["gender"]] == nil)
            let replaced = try await hospital.post("/fhir/Patient", changed)
            #expect(replaced.status == .created && replaced.json[["meta", "versionId"]] == "2")
            #expect("Patient/\(replaced.json[["id"]]?.string ?? "")" == patient)
            #expect(try await server.kept() == 2)

            _ = try await hospital.create(PatientFirst.order(of: patient))
            _ = try await hospital.create(PatientFirst.order(of: body, number: "ORD-2"))
            #expect(try await hospital.create(PatientFirst.robin) == patient)
            #expect(try await hospital.create(PatientFirst.nameless) == body)
            #expect(try await hospital.post("/fhir/Patient", changed, headers: condition).status == .ok)
            #expect(try await server.kept() == 0)
            // Tomorrow's Robin without a number may be somebody else.
            server.referring.clock.advance(by: KeptResource.lifetime)
            #expect(try await hospital.create(PatientFirst.robin) == patient)
            #expect(try await hospital.create(PatientFirst.nameless) != body)
        }
    }

    @Test("two at the same moment: one Patient; two orders about it: one person")
    func sameMoment() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            async let one = hospital.create(PatientFirst.nameless)
            async let other = hospital.create(PatientFirst.nameless)
            let ids = try await [one, other]
            #expect(ids[0] == ids[1])
            #expect(try await server.kept() == 1)
            let patient = ids[0]
            async let consent = hospital.create(PatientFirst.consent(of: patient))
            async let first = hospital.create(PatientFirst.order(of: patient, number: "ORD-1"))
            async let second = hospital.create(PatientFirst.order(of: patient, number: "ORD-2"))
            let orders = try await [first, second]
            _ = try await consent
            for order in orders {
                #expect(try await hospital.get("/fhir/\(order)").json[["subject", "reference"]]?.string == patient)
            }
            #expect(try await server.people() == 1)
            #expect(try await server.consents() == 1)
            #expect(try await server.kept() == 0)
        }
    }

    @Test("another partner has nothing of it, and no order, Consent or Task of its own finds it")
    func otherPartner() async throws {
        try await PartnerServer.with { server in
            let (hospital, other) = (try await server.hospital(), try await server.hospital("Mercy Hospital"))
            let patient = try await hospital.create(PatientFirst.robin)
            let consent = try await hospital.create(PatientFirst.consent(of: patient))
            for path in [patient, consent] { #expect(try await other.get("/fhir/\(path)").status == .notFound) }
            for json in [PatientFirst.order(of: patient), PatientFirst.consent(of: patient)] {
                let type = try #require(json[["resourceType"]]?.string)
                #expect(try await other.post("/fhir/\(type)", json).status == .unprocessableContent)
            }
            #expect(try await other.create(PatientFirst.robin) != patient)
            #expect(try await server.people() == 0)
        }
    }

    @Test("whom the agency knows from others is answered like somebody whom nobody knows")
    func knownFromOthers() async throws {
        try await PartnerServer.with { server in
            let (hospital, other) = (try await server.hospital(), try await server.hospital("Mercy Hospital"))
            let known = try await hospital.refer()[0]
            let answers = [
                try await other.post("/fhir/Patient", PatientFirst.numbered("12345")),
                try await other.post("/fhir/Patient", PatientFirst.numbered("99999")),
            ]
            let bodies = try answers.map { answer -> FHIRDocument in
                try answer.document.setting(["id"], to: nil).setting(["identifier"], to: nil)
            }
            #expect(answers[0].status == answers[1].status && bodies[0] == bodies[1])
            let id = try #require(answers[0].json[["id"]]?.string)
            #expect(known != "/fhir/Patient/\(id)")
            // The hospital that referred her is answered as it knows her.
            #expect(try await "/fhir/" + hospital.create(PatientFirst.numbered("12345")) == known)
            _ = try await other.create(PatientFirst.order(of: "Patient/\(id)"))
            #expect(try await server.people() == 1)
            #expect(try await "Patient/\(id)" == other.create(PatientFirst.numbered("12345")))
        }
    }

    @Test("a number that the agency has from another partner leads to nobody; with the order both ids are the person's")
    func numberOfAnother() async throws {
        try await PartnerServer.with { server in
            let (hospital, other) = (try await server.hospital(), try await server.hospital("Mercy Hospital"))
            let own = String(try await hospital.refer()[0].dropFirst("/fhir/".count))
            _ = try await other.refer {
                $0[["entry", 0, "resource", "identifier", 0, "value"]] = "M-7"
            }
            #expect(try await server.people() == 1)
            let second = try await hospital.create(PatientFirst.numbered("M-7"))
            #expect(second != own)
            let order = try await hospital.create(PatientFirst.order(of: second, number: "ORD-2"))
            #expect(try await server.people() == 1)
            #expect(try await hospital.get("/fhir/\(order)").json[["subject", "reference"]]?.string == own)
            #expect(try await hospital.get("/fhir/\(second)").json[["id"]]?.string == String(own.dropFirst(8)))
            _ = try await hospital.create(PatientFirst.task(of: order, for: second))
            _ = try await hospital.create(PatientFirst.consent(of: second, number: "C-1"))
            #expect(try await other.get("/fhir/\(second)").status == .notFound)
        }
    }

    @Test("after a day without an order it is gone, and was nobody's all the time")
    func gone() async throws {
        try await PartnerServer.with { server in
            let (hospital, referring) = (try await server.hospital(), server.referring)
            let patient = try await hospital.create(PatientFirst.robin)
            referring.clock.advance(by: .seconds(23 * 3600))
            let consent = try await hospital.create(PatientFirst.consent(of: patient))
            referring.clock.advance(by: .seconds(3600))
            #expect(try await hospital.get("/fhir/\(patient)").status == .ok, "what was said about it last counts")
            referring.clock.advance(by: .seconds(23 * 3600))
            for path in [patient, consent] { #expect(try await hospital.get("/fhir/\(path)").status == .notFound) }
            let order = try await hospital.post("/fhir/ServiceRequest", PatientFirst.order(of: patient))
            #expect(order.status == .unprocessableContent)
            #expect(try await server.kept() == 2)
            let fresh = try await hospital.create(PatientFirst.robin)
            #expect(fresh != patient)
            let queued = try await referring.look(
                Statement(
                    "test.queued",
                    "select payload::text from message_table.delivery where kind = 'kept-expired' order by 1 limit 1"),
                as: String.self)
            let upkeep = KeptUpkeep(pool: referring.pool, store: referring.store, clock: referring.clock.wall)
            let payload: String = try #require(queued.first)
            let attempt = DeliveryAttempt(
                agencyID: referring.agencyID, deliveryID: UUID(), partner: "kept", kind: KeptWord.kind,
                subjectID: nil, payload: JSONB(Array(payload.utf8)), idempotencyKey: "x", attempt: 1)
            #expect(await upkeep.forget(attempt) == .sent)
            #expect(try await server.kept() == 1)
            #expect(try await hospital.get("/fhir/\(fresh)").status == .ok)
            #expect(try await server.people() == 0)
        }
    }

    @Test("an order that was taken is not taken again for another Patient")
    func takenOrder() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let first = try await hospital.create(PatientFirst.numbered("1"))
            _ = try await hospital.create(PatientFirst.order(of: first))
            let second = try await hospital.create(PatientFirst.numbered("2"))
            #expect(
                try await hospital.post("/fhir/ServiceRequest", PatientFirst.order(of: second)).status
                    == .unprocessableContent)
            #expect(try await hospital.get("/fhir/\(second)").status == .ok)
            #expect(try await server.people() == 1)
        }
    }

    @Test("who cannot be referred is not kept, and it needs the scope")
    func refused() async throws {
        try await PartnerServer.with { server in
            var hospital = try await server.hospital()
            for json: JSONValue in [
                ["resourceType": "Patient"], PatientFirst.robin.setting("deceasedBoolean", to: true),
                PatientFirst.consent(of: "Patient/1"),
            ] {
                let answer = try await hospital.post("/fhir/Patient", json)
                #expect(answer.status == .unprocessableContent)
                #expect(answer.json[["resourceType"]] == "OperationOutcome")
            }
            hospital.scopes = "system/Patient.rs system/ServiceRequest.cruds system/Consent.rs"
            #expect(try await hospital.post("/fhir/Patient", PatientFirst.robin).status == .forbidden)
            let consent = PatientFirst.consent(of: "Patient/01234567-89ab-4def-8123-456789abcdef")
            #expect(try await hospital.post("/fhir/Consent", consent).status == .forbidden)
            #expect(try await server.kept() == 0)
        }
    }

    @Test("every answer is on record; those about nobody name nobody")
    func audited() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            let patient = try await hospital.create(PatientFirst.robin)
            _ = try await hospital.get("/fhir/\(patient)")
            _ = try await hospital.create(PatientFirst.consent(of: patient))
            _ = try await hospital.create(PatientFirst.order(of: patient))
            _ = try await hospital.create(PatientFirst.consent(of: patient))
            let rows = try await server.referring.look(
                Statement(
                    "test.audit",
                    """
                    select operation_id || ' ' || coalesce(cardinality(participant_ids), 0) from referral.audit_event
                    where operation_id like 'fhir%' order by audit_id
                    """), as: String.self)
            #expect(
                rows == [
                    "fhirCreatePatient 0", "fhirReadPatient 0", "fhirCreateConsent 0", "fhirCreateServiceRequest 1",
                    "fhirCreateConsent 1",
                ])
        }
    }
}

extension JSONValue {
    func setting(_ name: String, to value: JSONValue) -> JSONValue {
        var changed = self
        changed[[.member(name)]] = value
        return changed
    }
}
