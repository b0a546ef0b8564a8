#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// A place on the Earth, in degrees.
public struct GeoPosition: Hashable, Sendable, Codable {
    public let latitude: Double
    public let longitude: Double

    /// Nil where there is no such place, and for 0, 0: that is what feeds write for "unknown".
    public init?(latitude: Double, longitude: Double) {
        guard (-90...90).contains(latitude), (-180...180).contains(longitude), latitude != 0 || longitude != 0 else {
            return nil
        }
        (self.latitude, self.longitude) = (latitude, longitude)
    }

    /// The mean radius of the Earth, in km.
    public static let earthRadius = 6371.0088

    /// The great-circle distance in km (haversine, which is exact enough for the smallest distances too).
    public func distance(to other: GeoPosition) -> Double {
        let radians = Double.pi / 180
        let halfLatitude = sin((other.latitude - latitude) * radians / 2)
        let halfLongitude = sin((other.longitude - longitude) * radians / 2)
        let part =
            halfLatitude * halfLatitude
            + cos(latitude * radians) * cos(other.latitude * radians) * halfLongitude * halfLongitude
        return 2 * Self.earthRadius * asin(min(1, part.squareRoot()))
    }
}

// Places are found by the number of a cell of a grid: integers have leakproof operators, so that their index is used
// under row-level security, which those of geometric types are not.
extension GeoPosition {
    /// Cells in a degree: one is 2.2 km high.
    static let cellsPerDegree = 50.0
    static let columns = 18_000
    static let rows = 9000

    /// The number of the cell that holds it: rows from the south, in each the columns from 180° W.
    public var cell: Int { Self.row(latitude) * Self.columns + Self.column(longitude) }

    private static func row(_ latitude: Double) -> Int {
        min(rows - 1, max(0, Int(((latitude + 90) * cellsPerDegree).rounded(.down))))
    }

    private static func column(_ longitude: Double) -> Int {
        min(columns - 1, max(0, Int(((longitude + 180) * cellsPerDegree).rounded(.down))))
    }

    /// Cells with consecutive numbers.
    public typealias CellSpan = ClosedRange<Int>

    /// Every cell that has a point within so many km is in one of these; not every point of them is so near.
    public func cells(within radius: Double) -> [CellSpan] {
        let angle = radius / Self.earthRadius
        let degrees = 180 / Double.pi
        // A little more, because a point on the edge must not be lost to rounding.
        let (height, slack) = (angle * degrees, 1e-9)
        let (south, north) = (latitude - height - slack, latitude + height + slack)
        let rows = Self.row(max(-90, south))...Self.row(min(90, north))
        var columns = [0...(Self.columns - 1)]
        if south > -90, north < 90, angle < .pi / 2 {
            // Where the circle touches its meridians, not where it is as far east as its centre's parallel goes.
            let width = asin(min(1, sin(angle) / cos(latitude * .pi / 180))) * degrees + slack
            let (west, east) = (longitude - width, longitude + width)
            if width >= 180 {
                columns = [0...(Self.columns - 1)]
            } else if west < -180 {
                columns = [0...Self.column(east), Self.column(west + 360)...(Self.columns - 1)]
            } else if east > 180 {
                columns = [0...Self.column(east - 360), Self.column(west)...(Self.columns - 1)]
            } else {
                columns = [Self.column(west)...Self.column(east)]
            }
        }
        return rows.flatMap { row in
            columns.map { row * Self.columns + $0.lowerBound...row * Self.columns + $0.upperBound }
        }
    }
}
