internal import FoundationEssentials
internal import JSON
internal import MessageTable
internal import Models
internal import Postgres
internal import ReferralsDomain
internal import ServiceKit

/// A suggestion as stored, with what is sealed of it.
struct StoredSuggestion: Sendable {
    var suggestion: DispatchSuggestion
    /// Nil once it is decided or has expired: then it is forgotten.
    fileprivate var sealed: (key: [UInt8], content: [UInt8])?
}

/// Whom a suggestion is about: sealed, under a key of its own.
struct SuggestedVisit: Hashable, Sendable {
    var person: PersonIdentity
    /// Where in the hospital they are.
    var location: String?
}

/// What became of a message about a visit.
enum HeardVisit: String, Hashable, Sendable {
    case suggested, updated
    /// Nothing speaks for an overdose, or it was decided before.
    case notKept = "not-kept"
}

extension Store {
    /// What a message says of a visit: makes a suggestion of it, or brings the one that there is up to date.
    ///
    /// - Parameters:
    ///   - visit: how the sender names the visit.
    ///   - about: who it is about; asked only where it is kept.
    ///   - sentAt: the sender's own time.
    func hear(
        visit: String, signs: [String], under rules: OverdoseRules, from partner: PartnerID, by client: String,
        sentAt: Instant, dischargedAt: Instant?, in work: Work, about: () throws -> SuggestedVisit
    ) async throws -> HeardVisit {
        let digests = vault.indexKeys.visitDigests(of: visit, from: partner, in: work.agencyID).map(\.1)
        let sentAt = min(sentAt, work.now)
        let rows = try await work.tx.query(.lockSuggestionOfVisit, work.agencyID, partner, digests)
        if var stored = try rows.first.map(StoredSuggestion.init) {
            guard stored.suggestion.status(at: work.now) == .open else { return .notKept }
            let isLatest = stored.suggestion.hear(
                signs, sentAt: sentAt, dischargedAt: dischargedAt.map { min($0, work.now) }, at: work.now)
            if isLatest { stored.sealed = try seal(about(), of: stored.suggestion.suggestionID, in: work) }
            try await save(stored, in: work)
            return .updated
        }
        guard !signs.isEmpty, let digest = digests.last else { return .notKept }
        let suggestion = DispatchSuggestion(
            suggestionID: ids.new(), partnerID: partner, clientID: client, signs: signs, rulesVersion: rules.version,
            suggestedAt: work.now, expiresAt: work.now + .seconds(3600 * rules.lastsHours), heardAt: sentAt,
            dischargedAt: dischargedAt.map { min($0, work.now) })
        let sealed = try seal(about(), of: suggestion.suggestionID, in: work)
        let inserted = try await work.tx.execute(
            .insertSuggestion, work.agencyID, suggestion.suggestionID, suggestion.version, suggestion.status, partner,
            client, digest, suggestion.signs, suggestion.rulesVersion, suggestion.suggestedAt, suggestion.expiresAt,
            suggestion.heardAt, suggestion.dischargedAt, sealed.key, sealed.content)
        // Another message of the same visit came first: with the next attempt it is there to be brought up to date.
        guard inserted == 1 else { throw StoreError(.raced) }
        try work.tx.schedule(
            SuggestionExpiryDue(suggestionID: suggestion.suggestionID, dueAt: suggestion.expiresAt),
            id: suggestion.suggestionID.rawValue, dueAt: suggestion.expiresAt, agency: work.agencyID,
            headers: work.headers)
        return .suggested
    }

    /// - Throws: ``StoreError`` `notFound`.
    func suggestion(_ id: SuggestionID, in work: Work) async throws -> StoredSuggestion {
        guard let row = try await work.tx.query(.readSuggestion, work.agencyID, id).first else {
            throw StoreError(.notFound)
        }
        return try StoredSuggestion(row)
    }

    /// The latest first.
    func suggestions(
        _ status: DispatchSuggestion.Status, before: SuggestionID?, atMost limit: Int, in work: Work
    ) async throws -> [DispatchSuggestion] {
        try await work.tx.query(.listSuggestions, work.agencyID, status, before ?? .last, limit).map {
            try StoredSuggestion($0).suggestion
        }
    }

    /// Changes a suggestion. What is decided is forgotten: its key and what it sealed go with the same transaction.
    ///
    /// - Throws: ``StoreError`` `notFound`, `stale`; what the change throws.
    func change(
        _ id: SuggestionID, expecting version: Int, in work: Work,
        _ change: (inout DispatchSuggestion, SuggestedVisit?) async throws -> Void
    ) async throws {
        guard let row = try await work.tx.query(.lockSuggestion, work.agencyID, id).first else {
            throw StoreError(.notFound)
        }
        var stored = try StoredSuggestion(row)
        guard stored.suggestion.version == version else { throw StoreError(.stale) }
        try await change(&stored.suggestion, try visit(of: stored, in: work))
        if stored.suggestion.status != .open { stored.sealed = nil }
        try await save(stored, in: work)
    }

    /// Its time has come. One that was decided meanwhile stays as it is.
    func expire(_ event: SuggestionExpiryDue, in work: Work) async throws {
        guard let row = try await work.tx.query(.lockSuggestion, work.agencyID, event.suggestionID).first else {
            return
        }
        var stored = try StoredSuggestion(row)
        // Not before: it may have been asked for by a clock that is ahead of ours.
        guard stored.suggestion.expire(at: max(work.now, event.dueAt)) else { return }
        stored.sealed = nil
        try await save(stored, in: work)
    }

    /// Whom it is about; nil where that is forgotten.
    func visit(of stored: StoredSuggestion, in work: Work) throws -> SuggestedVisit? {
        guard let sealed = stored.sealed else { return nil }
        let key = try vault.dataKey(sealed.key, of: stored.suggestion.suggestionID.asOwner, in: work.agencyID)
        return try SuggestedVisit(json: try key.open(sealed.content, from: .suggestedVisit))
    }

    /// Brings open suggestions under the ring's current key.
    func rewrapSuggestions(in work: Work) async throws {
        for row in try await work.tx.query(.listOpenSuggestionKeys, work.agencyID) {
            let (id, wrapped) = try row.decode((SuggestionID, [UInt8]).self)
            guard KeyRing.keyID(of: wrapped) != vault.ring.currentID else { continue }
            work.tx.enqueue(
                .rewrapSuggestion, work.agencyID, id, try vault.rewrap(wrapped, of: id.asOwner, in: work.agencyID))
        }
    }

    private func seal(
        _ visit: SuggestedVisit, of id: SuggestionID, in work: Work
    ) throws -> (key: [UInt8], content: [UInt8]) {
        let (key, wrapped) = try vault.newDataKey(of: id.asOwner, in: work.agencyID)
        return (wrapped, try key.seal(visit.json, for: .suggestedVisit))
    }

    private func save(_ stored: StoredSuggestion, in work: Work) async throws {
        let suggestion = stored.suggestion
        try await work.tx.execute(
            .updateSuggestion, work.agencyID, suggestion.suggestionID, suggestion.version, suggestion.status,
            suggestion.signs, suggestion.heardAt, suggestion.dischargedAt, stored.sealed?.key, stored.sealed?.content,
            suggestion.decision?.by, suggestion.decision?.at, suggestion.decision?.dismissal,
            suggestion.decision?.situation, suggestion.decision?.referralID)
        if suggestion.status != .open {
            work.tx.unschedule(id: suggestion.suggestionID.rawValue, agency: work.agencyID)
        }
    }
}

extension StoredSuggestion {
    fileprivate init(_ row: Row) throws {
        var decision: DispatchSuggestion.Decision?
        if let by: String = try row.column("decided_by"), let at: Instant = try row.column("decided_at") {
            decision = .init(
                by: by, at: at, dismissal: try row.column("dismissal"), situation: try row.column("consent_situation"),
                referralID: try row.column("referral_id"))
        }
        suggestion = DispatchSuggestion(
            suggestionID: try row.column("suggestion_id"), version: try row.column("version"),
            status: try row.column("status"), partnerID: try row.column("partner_id"),
            clientID: try row.column("client_id"), signs: try row.column("signs"),
            rulesVersion: try row.column("rules_version"), suggestedAt: try row.column("suggested_at"),
            expiresAt: try row.column("expires_at"), heardAt: try row.column("heard_at"),
            dischargedAt: try row.column("discharged_at"), decision: decision)
        let (key, content): ([UInt8]?, [UInt8]?) = (try row.column("data_key"), try row.column("content"))
        if let key, let content { sealed = (key, content) }
    }
}

extension SuggestionID {
    /// Keys belong to an id: that of a participant, or of what is none yet. Both are drawn at random.
    fileprivate var asOwner: ParticipantID { ParticipantID(rawValue: rawValue) }
}

extension SuggestedVisit: Codable {
    private enum CodingKeys: String, CodingKey {
        case givenName, familyName, birthDate, phone, address, postalCode, gender, identifiers, location
    }

    fileprivate init(json: [UInt8]) throws { self = try JSONValue.decode(SuggestedVisit.self, from: json) }

    fileprivate var json: [UInt8] {
        get throws { try JSONValue.text(of: self) }
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func text(_ key: CodingKeys) throws -> String? { try values.decodeIfPresent(String.self, forKey: key) }
        person = PersonIdentity(
            givenName: try text(.givenName), familyName: try text(.familyName),
            birthDate: try text(.birthDate).flatMap(CivilDate.init), phone: try text(.phone),
            address: try text(.address), postalCode: try text(.postalCode),
            gender: try text(.gender).flatMap(AdministrativeGender.init),
            identifiers: try values.decodeIfPresent([PersonIdentity.Identifier].self, forKey: .identifiers) ?? [])
        location = try text(.location)
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encodeIfPresent(person.givenName, forKey: .givenName)
        try values.encodeIfPresent(person.familyName, forKey: .familyName)
        try values.encodeIfPresent(person.birthDate?.description, forKey: .birthDate)
        try values.encodeIfPresent(person.phone, forKey: .phone)
        try values.encodeIfPresent(person.address, forKey: .address)
        try values.encodeIfPresent(person.postalCode, forKey: .postalCode)
        try values.encodeIfPresent(person.gender?.rawValue, forKey: .gender)
        try values.encode(person.identifiers, forKey: .identifiers)
        try values.encodeIfPresent(location, forKey: .location)
    }
}
