internal import FHIR
internal import FoundationEssentials
internal import HTTPTypes
internal import Hummingbird
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// What is sent after a referral, about somebody whom the sender has referred.
extension FHIRRoutes {
    func postCompanion(_ type: String, _ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try FHIRCaller(context)
        try caller.require(.create, type)
        let document = try document(request, context)
        guard document.resourceType == type else {
            throw R4.Refusal(.invalid, "The resource is of the type that the URL names.", at: ["resourceType"])
        }
        let element = R4.SearchParameter.person(of: type) ?? ""
        let unknown = R4.Refusal(.notFound, "It is about nobody whom you referred.", at: ["\(type).\(element)"])
        let place = document.references(at: [element], baseURL: baseURL).first
        guard let place, place.type == "Patient", let alias = UUID(uuidString: place.id) else { throw unknown }
        let condition = HTTPField.Name("If-None-Exist").flatMap { request.headers[$0] }
        let wanted = condition.flatMap { R4.SearchQuery.items(of: $0).identifier }
        let own = ownID(of: wanted.map { "\(type)|\($0.system ?? "")|\($0.value ?? "")" }, document, caller)
        return try await work(caller, context) { work in
            guard
                let participant: ParticipantID = try await store.resolve(
                    alias, .participant, of: caller.partnerID, in: work)
            else { throw unknown }
            // Two equal ones at once: the second waits here, and finds the first one's.
            let person = try await store.lockPerson(participant, in: work)
            guard !person.isErased,
                var taken = try await store.latestReferral(
                    of: person, knownAs: participant, by: caller.partnerID, in: work)
            else { throw unknown }
            let earlier = try await store.received(type, own, of: caller.partnerID, in: work)
            let isKnown = earlier != nil
            if let earlier {
                // What is answered is about the person of the earlier one, and is on record as that.
                guard person.ids.contains(earlier.participantID),
                    let own = try await store.sent(earlier.referralID, by: caller.partnerID, in: work)
                else { throw Self.aboutAnother }
                taken = own
            } else {
                try await store.keep(type, own, document.serialized(), with: taken, of: person, in: work)
            }
            guard let stored = try await store.received(type, own, of: caller.partnerID, in: work) else {
                throw Problem.hidden
            }
            try store.record(taken, told: isKnown ? .read : .create, context, in: work)
            let rendering = ResourceRendering(agency: try await store.agency(in: work))
            return try FHIRAnswer.resource(
                try rendering.other(stored, ids: taken.senderIDs), status: isKnown && wanted != nil ? .ok : .created,
                at: "\(baseURL)/\(type)/\(own.lowercasedText)/_history/\(stored.version)")
        }
    }

    static let aboutAnother = Problem(
        .preconditionFailed, type: "about-another-person", title: "The number is of a resource about somebody else",
        detail: "Send it under a number of its own.")
}
