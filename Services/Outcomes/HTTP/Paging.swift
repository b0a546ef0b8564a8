internal import FoundationEssentials
internal import Models

extension Instant {
    /// Before and after everything that is stored: where a list begins that has no cursor yet.
    static let startOfTime = Instant(unixSeconds: -62_135_596_800)
    static let endOfTime = Instant(unixSeconds: 253_402_300_799)
}

extension ID {
    /// The least and the greatest id.
    static var first: ID { ID(rawValue: UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))) }
    static var last: ID {
        ID(
            rawValue: UUID(
                uuid: (255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255)
            )
        )
    }
}
