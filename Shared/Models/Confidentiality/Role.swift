/// What a person or a program is allowed to be in one agency, from the token's claim `role`.
public enum Role: String, Codable, CaseIterable, Hashable, Sendable {
    /// Takes referrals in and keeps an agency's work moving.
    case coordinator
    /// Supervises peers: sees what they see, and their caseloads.
    case supervisor
    /// Gives support from lived experience; sees the participants assigned.
    case peer
    /// Answers for confidentiality: consents, restrictions, disclosures, emergencies; sees no notes and no contacts.
    case privacyOfficer = "privacy-officer"
    /// Receives support; sees what is their own.
    case participant
    /// A client of an organisation that refers people (a hospital, a court).
    case partner
    /// Keeps the installation running; sees no participant.
    case `operator`
    /// Another process of this suite acting on its own.
    case service
}
