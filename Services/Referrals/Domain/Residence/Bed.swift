public import Models

/// Names a bed.
public typealias BedID = ID<Bed>

/// One bed, or a room that is given as one, of a residence whose beds the agency keeps.
public struct Bed: Hashable, Sendable {
    /// Whether somebody can be given it.
    public enum Service: String, Codable, CaseIterable, Hashable, Sendable {
        case inService = "in-service"
        case outOfService = "out-of-service"
        /// It is no longer there; who slept in it is still known.
        case removed
    }

    public let bedID: BedID
    public let residenceID: ResidenceID
    public var version: Int
    /// What the house calls it, such as `2B`.
    public var label: String
    public var kind: BedKind
    public var service: Service

    public init(
        bedID: BedID, residenceID: ResidenceID, version: Int = 1, label: String, kind: BedKind,
        service: Service = .inService
    ) {
        (self.bedID, self.residenceID, self.version) = (bedID, residenceID, version)
        (self.label, self.kind, self.service) = (label, kind, service)
    }

    /// Whether it can be given to somebody who asks for this kind.
    ///
    /// - Throws: ``PlacementRefusal`` where it is another house's, not in service, or for others.
    public func check(for wish: BedKind, in residence: ResidenceID) throws(PlacementRefusal) {
        guard residenceID == residence else { throw .bedElsewhere }
        guard service == .inService else { throw .bedOutOfService }
        guard kind.fits(wish) else { throw .bedDoesNotFit(kind) }
    }
}
