import FHIR
import FoundationEssentials
import HTTPTypes
import JSON
import Models
import Postgres
import ReferralsDomain
import ServiceKit
import TestKit
import Testing

@testable import Referrals

@Suite("Every route, called by others")
struct ForeignCallerTests {
    /// The two of another agency walk beside each other: there are many routes.
    enum Stranger: String, CaseIterable, Sendable {
        case officeOfAnotherAgency, othersOfAnotherAgency, ofAnotherPartner

        var roles: [Role] {
            let office: [Role] = [.coordinator, .supervisor, .privacyOfficer, .operator]
            return switch self {
            case .officeOfAnotherAgency: office
            case .othersOfAnotherAgency: Role.allCases.filter { !office.contains($0) }
            case .ofAnotherPartner: [.partner, .participant, .peer]
            }
        }
    }

    @Test(
        "nobody of another agency, no other partner, and nobody without business here can tell whether an id exists",
        arguments: Stranger.allCases)
    func walk(_ stranger: Stranger) async throws {
        try await PartnerServer.with { server in
            let registry = PrometheusRegistry()
            try await server.referring.database.withPool(login: "referrals") {
                $0.metrics = registry
            } _: { pool in
                try await server.referring.database.withPool(connections: 1) { observer in
                    try await Self.walk(stranger, server, pool, observer, registry)
                }
            }
        }
    }

    /// The agency's directory is there for all who have a token of the agency.
    private static let everybodys: Set = [
        "hsdsServices", "hsdsService", "flagDirectoryEntry", "listCapacity", "listResidences", "readResidence",
        "readLinkageCatalogue", "readBedsideCatalogue",
        // Money is about nobody, and peers spend it.
        "listFunds", "readFund", "listFundSpendings",
    ]
    /// What it names is made where it is not yet: each agency has names of its own.
    private static let named: Set = ["importDirectoryFeed", "stateCapacity"]

    private static func later(_ type: String) -> String {
        let person = R4.SearchParameter.person(of: type) ?? ""
        return #"{"resourceType":"\#(type)","\#(person)":{"reference":"Patient/{id}"}}"#
    }

    private static let denials = Statement(
        "test.denials", "select count(*) from referral.audit_event where decision = 'deny'")

    private static func walk(
        _ stranger: Stranger, _ server: PartnerServer, _ pool: Pool, _ observer: Pool, _ registry: PrometheusRegistry
    ) async throws {
        let referring = server.referring
        let hospital = try await server.hospital()
        let paths = try await hospital.refer()
        _ = try await hospital.refer { $0[["entry", 2, "resource", "identifier", 0, "value"]] = "ORD-2" }
        let otherPartner = try await referring.hospital("Mercy Hospital")
        let other = AgencyID(rawValue: UUID())
        try await referring.addAgency(other)
        func one(_ sql: Statement) async throws -> String {
            try #require(try await referring.look(sql, as: String.self).first)
        }
        let clientID = try await referring.work {
            try await referring.store.addClient(
                of: hospital.partnerID, keys: .url("https://k.example/j"), scopes: ["a"], in: $0)
        }
        let participant = try await one(
            Statement("test.p", "select participant_id::text from referral.participant"))
        var known = [
            "referralID": try await one(Statement("test.r", "select referral_id::text from referral.referral")),
            "participantID": participant, "partnerID": hospital.partnerID.description, "clientID": clientID,
            "consentID": try await one(Statement("test.c", "select consent_id::text from referral.consent")),
            "vid": "1",
            "restrictionID": "0193a1b0-0000-7000-8000-0000000000d1",
            "amendmentID": "0193a1b0-0000-7000-8000-0000000000d2",
            "emergencyID": "0193a1b0-0000-7000-8000-0000000000d3",
        ]
        let (accountID, sessionID) = try await account(in: referring)
        (known["accountID"], known["sessionID"]) = (accountID, sessionID)
        var twin = ""
        for person in [RecognitionTests.rosa, RecognitionTests.twin] {
            twin = try await referring.refer(person, from: hospital.partnerID).stored.referral.participantID.description
        }
        let merge = #"{"intoID":"\#(twin)"}"#
        known["reviewID"] = try await one(Statement("test.i", "select review_id::text from referral.identity_review"))
        let feed = try await referring.work { work in
            try await referring.store.take(
                SentFeed(name: "list", kind: .hsds, defaults: .init(), body: [], approves: nil, by: "tester"),
                readAs: FeedKind.hsds.read(
                    Array(#"[{"id": "1", "name": "Desk", "status": "active"}]"#.utf8), .init()), in: work)
        }
        let subscription = try await hospital.post("/fhir/Subscription", SubscribingTests.subscription())
        let subscriptionID = try #require(subscription.json[["id"]]?.string)
        (known["feed"], known["importID"]) = ("list", feed.importID.description)
        known["entryID"] = try await one(Statement("test.e", "select entry_id::text from referral.directory_entry"))
        known.merge(try await housed(participant, in: referring)) { old, _ in old }
        try await link(ParticipantID(participant), in: referring, &known)
        known["onwardID"] = try await sentOn(ReferralID(known["referralID"] ?? ""), to: otherPartner, in: referring)
        _ = try await hospital.send(hl7: VisitDoorTests.visit())
        known["suggestionID"] = try await one(
            Statement("test.u", "select suggestion_id::text from referral.dispatch_suggestion"))
        let database = Database(pool: pool, workers: referring.workers)
        let api = ReferralsAPI(
            database: database, store: referring.store, clock: referring.clock.wall, residences: try .standard())
        var routes = api.routes
        PartnerServer.addRoutes(to: &routes, for: referring, on: pool, tokens: try PartnerServer.tokens())
        // Each type of FHIR has ids of its own: the types that came with the referral are asked with theirs.
        var walked: [(id: String, routes: [Route])] = [
            ("", routes.declared.filter { !$0.template.hasPrefix("/fhir/") })
        ]
        let later = Set((FHIRRoutes.laterCompanions + ["Consent"]).map { "fhirCreate\($0)" })
        for path in paths {
            let parts = path.split(separator: "/")
            walked.append(
                (
                    String(parts[2]),
                    routes.declared.filter {
                        // A Task is made of the order that its focus names, a Condition of the patient.
                        $0.template.hasPrefix("/fhir/\(parts[1])/")
                            || parts[1] == "ServiceRequest" && $0.operationID == "fhirCreateTask"
                            || parts[1] == "Patient" && later.contains($0.operationID)
                            || $0.method == .get && $0.template == "/fhir/\(parts[1])"
                    }
                ))
        }
        walked.append((subscriptionID, routes.declared.filter { $0.template.hasPrefix("/fhir/Subscription/") }))
        let answered = routes
        let walks = walked
        let fixed = known
        let bundle = String(decoding: try SampleReferral.bundle().serialized(), as: UTF8.self)
        let consent = ReferralsAPITests.consent.replacing(#""signedBy""#, with: #""textVersion": "x", "signedBy""#)
            .replacing(#""sender""#, with: #""treatment-payment-operations""#)
            .replacing(#""explainsRevocation""#, with: #""warnsOfRedisclosure": true, "explainsRevocation""#)
        known = [:]
        try await APICaller.with("referrals", answered, pool: pool, ids: referring.store.ids) { caller in
            var inAll = ForeignWalk.Report()
            for (id, some) in walks {
                var ids = fixed
                ids["id"] = id.isEmpty ? nil : id
                let walk = ForeignWalk(
                    caller, known: ids,
                    bodies: [
                        "createReferral": #"{"setting":"inpatient","priority":"routine"}"#,
                        "fhirTransaction": bundle,
                        "receiveHL7": HL7DoorTests.referral(),
                        "rejectReferral": #"{"reason":"x"}"#, "holdReferral": #"{"reason":"x"}"#,
                        "cancelReferral": #"{"reason":"x"}"#, "closeReferral": #"{"reason":"need-met"}"#,
                        "completeReferral": #"{"takesMedication":true}"#,
                        "addPartnerClient": #"{"jwksURL":"https://k.example/j"}"#,
                        "rotatePartnerClient": #"{"jwksURL":"https://k.example/j"}"#,
                        "setPartnerWebhook": #"{"webhookURL":"https://office.example/hooks"}"#,
                        "setPartnerMail": #"{"addresses":["desk@office.example"]}"#,
                        "recordConsent": consent,
                        "requestRestriction": #"{"recipient":{"kind":"outside"}}"#,
                        "requestAmendment": #"{"dataClass":"referral","request":"x"}"#,
                        "enterDisclosure":
                            #"{"at":"2020-01-01T00:00:00Z","recipient":"x","classes":["presence"],"purpose":"TREAT","basis":"law"}"#,
                        "reviewEmergency": #"{"outcome":"justified"}"#,
                        "setPrivacyOffice": #"{"webhookURL":"https://office.example/hooks"}"#,
                        "setDutyDesk": #"{"webhookURL":"https://office.example/hooks"}"#,
                        "declareEmergency":
                            #"{"participantID":"\(participant)","recipientName":"Dr. Who","recipientAffiliation":"Mercy","nature":"overdose, not breathing"}"#
                            .replacing("\\(participant)", with: participant),
                        "decideIdentityReview": #"{"decision":"different"}"#, "mergeParticipant": merge,
                        "acceptSuggestion": #"{"consentSituation":"agreed"}"#,
                        "dismissSuggestion": #"{"reason":"left"}"#,
                        "importReferrals": "placerIdentifier,setting,priority\nA-1,jail,routine",
                        "flagDirectoryEntry": #"{"reason":"closed"}"#,
                        "addResidence": Housing.house(), "changeResidence": Housing.house(),
                        "confirmResidence": #"{"counts":[]}"#, "addBed": Self.bed, "changeBed": Self.bed,
                        "applyForResidence":
                            #"{"residenceID":"{residenceID}","wish":{"gender":"any","household":"single"}}"#,
                        "takeBed": #"{"bedID":"{bedID}"}"#, "moveOut": PlacementAPITests.planned,
                        "declinePlacement": #"{"by":"residence","reason":"cost"}"#,
                        "revisePlacement": #"{"priority":"soon","wish":{"gender":"any","household":"single"}}"#,
                        "openNeed": #"{"kind":"phone"}"#, "closeNeed": #"{"outcome":"not-met"}"#,
                        "offerLinkage": #"{"service":"buprenorphine","level":1}"#,
                        "refuseLinkage": #"{"reason":"no-funds"}"#,
                        "answerLinkageCheck": #"{"days":7,"answer":"sustained"}"#,
                        "recordCoverage": #"{"programme":"snap","from":"2026-01-01"}"#,
                        "endCoverage": #"{"through":"2026-11-01"}"#,
                        "saveBedside": #"{"minutesAtBedside":30}"#, "saveReach": #"{"safeHours":"mornings"}"#,
                        "recordNaloxoneKit":
                            #"{"givenOn":"2026-11-01","recipient":"participant","participantID":"{participantID}","product":"nasal-4mg","refill":"first"}"#,
                        "recordReversal":
                            #"{"happenedOn":"2026-11-01","place":"home","doses":1,"givenBy":"peer"}"#,
                        "openFund":
                            #"{"name":"Other","amountCents":1,"startsOn":"2026-01-01","endsOn":"2026-12-31"}"#,
                        "changeFund": #"{"amountCents":1000,"startsOn":"2026-01-01","endsOn":"2026-12-31"}"#,
                        "reserveSpending":
                            #"{"fundID":"{fundID}","kind":"food","form":"money","amountCents":1}"#,
                        "saveOutsideServer": #"{"baseURL":"https://clinic.example/fhir"}"#,
                        "sendReferralOn": #"{"partnerID":"{partnerID}"}"#,
                        "fhirSearchTasksByForm": "status=accepted&_include=Task:patient",
                        "fhirSearchServiceRequestsByForm": "status=active&_revinclude=Task:focus",
                        "fhirCreateTask":
                            #"{"resourceType":"Task","status":"requested","intent":"order","focus":{"reference":"ServiceRequest/{id}"}}"#,
                        "fhirCreateCondition": Self.later("Condition"),
                        "fhirCreateObservation": Self.later("Observation"),
                        "fhirCreateCoverage": Self.later("Coverage"),
                        "fhirCreateEncounter": Self.later("Encounter"),
                        "fhirCreateRelatedPerson": Self.later("RelatedPerson"),
                        "fhirCreateConsent": String(
                            decoding: PatientFirst.consent(of: "Patient/{id}").serialized(), as: UTF8.self),
                        "fhirUpdateTask":
                            #"{"resourceType":"Task","id":"{id}","status":"cancelled","intent":"order","statusReason":{"text":"x"}}"#,
                        "fhirUpdateSubscription": String(
                            decoding: SubscribingTests.subscription(id: "{id}").serialized(), as: UTF8.self),
                        "fhirPatchTask": #"[{"op":"replace","path":"/status","value":"cancelled"}]"#,
                    ],
                    owners: [
                        Principal(
                            agencyID: referring.agencyID, subject: hospital.clientID, role: .partner,
                            scopes: [PartnerServer.allScopes], partnerID: hospital.partnerID),
                        Principal(agencyID: referring.agencyID, subject: "coordinator", role: .coordinator),
                        Principal(agencyID: referring.agencyID, subject: "operator", role: .operator),
                    ],
                    work: .init(registry) {
                        try await observer.query(Self.denials).first?.decode(Int.self) ?? 0
                    }
                )
                let isOtherAgency = stranger != .ofAnotherPartner
                let report = try await walk.run(
                    some, as: stranger.roles, exempt: isOtherAgency ? Self.named : Self.named.union(Self.everybodys)
                ) { role in
                    Principal(
                        agencyID: isOtherAgency ? other : referring.agencyID, subject: "stranger", role: role,
                        scopes: [PartnerServer.allScopes],
                        partnerID: isOtherAgency ? hospital.partnerID : otherPartner,
                        peerID: PeerID(rawValue: UUID()),
                        participantID: isOtherAgency ? ParticipantID(participant) : ParticipantID(rawValue: UUID())
                    )
                }
                #expect(
                    report.findings.isEmpty, "\(report.findings.map(\.description).joined(separator: "\n"))")
                inAll.add(report)
            }
            #expect(inAll.hidden > 10)
            #expect(inAll.cursors > 0 && inAll.denials >= inAll.hidden && inAll.repeated > 0)
            print("foreign walk, referrals, \(stranger.rawValue): \(inAll)")
        }
    }

    private static let bed = #"{"label":"2B","kind":{"gender":"any","household":"single"}}"#

    /// A residence with a bed, and somebody's application for it.
    private static func housed(_ participant: String, in referring: Referring) async throws -> [String: String] {
        let (residenceID, bedID, placementID): (ResidenceID, BedID, PlacementID) = (
            referring.store.ids.new(), referring.store.ids.new(), referring.store.ids.new()
        )
        let residence = try JSONDecoder().decode(Residence.self, from: Data(Housing.house().utf8))
        let (id, priority) = (try #require(ParticipantID(participant)), try ResidencePolicy.standard().priority(nil))
        let usual = try #require(priority)
        try await referring.work { work in
            let store = referring.store
            try await store.insert(residence, as: residenceID, by: "tester", in: work)
            let kind = BedKind(.any, .single)
            try await store.insert(Bed(bedID: bedID, residenceID: residenceID, label: "2A", kind: kind), in: work)
            let person = try await store.lockPerson(id, in: work)
            let placement = try Placement.apply(
                placementID, of: id, to: residenceID, for: kind, priority: usual, appliedAt: work.now, note: nil,
                by: "tester", at: work.now)
            try await store.apply(placement, of: person, in: work)
        }
        return [
            "residenceID": residenceID.description, "bedID": bedID.description,
            "placementID": placementID.description,
        ]
    }

    /// Everything that linkages have, of one person.
    private static func link(
        _ participant: ParticipantID?, in referring: Referring, _ known: inout [String: String]
    ) async throws {
        let participant = try #require(participant)
        let need = try await referring.need("medication-treatment", of: participant)
        let linkage = try await referring.offer("buprenorphine", for: need)
        let fund = try await referring.fund(1000)
        let spending = try await referring.reserve(100, of: fund, for: participant)
        let coverage = referring.store.ids.new(CoverageID.self)
        try await referring.work { work in
            let person = try await referring.store.lockPerson(participant, in: work)
            try await referring.store.insert(
                CoverageSpan(
                    coverageID: coverage, participantID: participant, programme: "medicaid", planCode: nil,
                    from: work.now.dateInUTC, through: nil, recordedAt: work.now, recordedBy: "coordinator"),
                of: person, in: work)
        }
        known["needID"] = need.description
        known["linkageID"] = linkage.description
        known["fundID"] = fund.description
        known["spendingID"] = spending.description
        known["coverageID"] = coverage.description
    }

    /// A referral that is sent on to somebody whose server is known.
    private static func sentOn(
        _ id: ReferralID?, to partner: PartnerID, in referring: Referring
    ) async throws -> String {
        let (id, onward) = (try #require(id), referring.store.ids.new(OnwardID.self))
        try await referring.work { work in
            let referral = try #require(try await referring.store.referral(id, in: work)).referral
            let person = try await referring.store.lockPerson(referral.participantID, in: work)
            try await referring.store.insert(
                OnwardReferral(
                    onwardID: onward, referralID: id, participantID: referral.participantID, to: partner,
                    service: nil, priority: .routine, by: "coordinator", at: work.now),
                note: nil, of: person, in: work)
        }
        return onward.description
    }

    /// A colleague's account with an open session.
    private static func account(in referring: Referring) async throws -> (String, String) {
        let account = Account(
            accountID: referring.store.ids.new(), version: 1, role: .coordinator, login: "alex", peerID: nil,
            participantID: nil, passwordHash: [1], oneTimeUntil: nil, timeCodeSecret: nil, timeCodeConfirmedAt: nil,
            timeCodeStep: nil, disabledAt: nil)
        let login = try #require(LoginName("alex"))
        try await referring.work { work in
            try await referring.store.add(account, login: login, in: work)
            _ = try await referring.store.startSession(of: account.accountID, in: work)
        }
        let sessions = try await referring.look(
            Statement("test.s", "select session_id::text from referral.account_session"), as: String.self)
        return (account.accountID.description, try #require(sessions.first))
    }
}
