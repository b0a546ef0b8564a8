internal import FoundationEssentials
public import Models

/// What an agency links people to, and the codes in which it is told: needs, kinds of service, reasons why not, the days
/// after which it is asked whether it holds.
///
/// The shape is `Data/linkages.schema.json`. A code is never given another meaning: rows and messages carry it for years.
public struct LinkageCatalogue: Codable, Hashable, Sendable {
    /// Counts up when a list changes.
    public var version: Int
    /// How many days after it began somebody asks whether it holds.
    public var checkDays: [Int]
    public var needs: [Need]
    public var services: [Service]
    public var refusals: [Reason]
    public var ridePurposes: [RidePurpose]
    public var rideModes: [Choice]
    /// What money and material may be for.
    public var spendings: [Purpose]
    /// Programmes of health insurance and benefits.
    public var coverages: [Choice]
    public var naloxoneProducts: [Choice]
    public var naloxoneTraining: [Choice]
    public var naloxoneRefills: [Choice]
    public var reversalPlaces: [Choice]
    public var reversalGivers: [Choice]

    /// A code, and what it means to people.
    public struct Choice: Code, Codable, Hashable, Sendable {
        public var code: String
        public var text: String
    }

    /// What a ride is for.
    public struct RidePurpose: Code, Codable, Hashable, Sendable {
        public var code: String
        public var text: String
        /// What it tells beyond that there is a ride; nil for nothing.
        public var `class`: DataClass?
    }

    /// What money is for.
    public struct Purpose: Code, Codable, Hashable, Sendable {
        public var code: String
        public var text: String
        /// What may be told of it to whom.
        public var `class`: DataClass
    }

    /// Something that people lack.
    public struct Need: Codable, Hashable, Sendable {
        public var code: String
        public var text: String
        /// What may be told of it to whom.
        public var `class`: DataClass
    }

    /// A kind of service that can meet one kind of need.
    public struct Service: Codable, Hashable, Sendable {
        public var code: String
        public var need: String
        public var text: String
        /// Whether it is asked again whether it holds.
        public var isFollowed: Bool
        /// Whether it says when and how somebody is driven.
        public var isRide: Bool?
    }

    /// Why nothing came of it, and whose reason that is.
    public struct Reason: Codable, Hashable, Sendable {
        /// Who refuses.
        public enum Side: String, Codable, CaseIterable, Hashable, Sendable {
            case service, person
        }

        public var code: String
        public var by: Side
        public var text: String
        /// What it tells beyond the linkage itself; nil for nothing.
        public var `class`: DataClass?
        /// What the directory is told of the entry; nil where it says nothing about the entry.
        public var flag: String?
    }

    public func need(_ code: String) -> Need? { needs.first { $0.code == code } }
    public func service(_ code: String) -> Service? { services.first { $0.code == code } }
    public func refusal(_ code: String) -> Reason? { refusals.first { $0.code == code } }

    /// What may be told of a need. One whose code a newer list has is protected as far as any.
    public func dataClass(ofNeed code: String) -> DataClass { need(code)?.class ?? .justice }

    /// What may be told of a linkage: what may be told of the need.
    public func dataClass(ofService code: String) -> DataClass {
        service(code).map { dataClass(ofNeed: $0.need) } ?? .justice
    }

    /// What may be told of money that was for this.
    public func dataClass(ofSpending code: String) -> DataClass {
        spendings.first { $0.code == code }?.class ?? .justice
    }

    /// What must be allowed, beside the linkage, for this reason to be told: nothing for most.
    public func classes(ofRefusal code: String) -> Set<DataClass> {
        guard let known = refusal(code) else { return [.justice] }
        return known.class.map { [$0] } ?? []
    }

    /// What must be allowed, beside the linkage, for this purpose of a ride to be told: nothing for most.
    public func classes(ofRidePurpose code: String) -> Set<DataClass> {
        guard let known = ridePurposes.first(where: { $0.code == code }) else { return [.justice] }
        return known.class.map { [$0] } ?? []
    }

    /// All classes that a need or a linkage may be of.
    public static let classes: Set<DataClass> = [.referral, .medication, .justice]

    /// The lists that come with Handrail.
    ///
    /// - Throws: `DecodingError` if the file is not of its shape, which a test keeps from happening.
    public static func standard() throws -> LinkageCatalogue {
        try JSONDecoder().decode(LinkageCatalogue.self, from: Data(PackageResources.linkages_json))
    }

    /// The file itself, as UTF-8.
    public static var standardFile: [UInt8] { PackageResources.linkages_json }

    /// The JSON Schema (draft 2020-12) of a catalogue, as UTF-8.
    public static var schema: [UInt8] { PackageResources.linkages_schema_json }
}

extension LinkageCatalogue {
    /// One of a list.
    public protocol Code {
        var code: String { get }
        /// What it means to people.
        var text: String { get }
    }
}

extension Array where Element: LinkageCatalogue.Code {
    /// What a code means to people; a code of a newer list stands for itself.
    public func text(of code: String) -> String { first { $0.code == code }?.text ?? code }

    public func has(_ code: String) -> Bool { contains { $0.code == code } }

    /// For those who named another one.
    public var oneOf: String { "one of \(map(\.code).joined(separator: ", "))" }
}
