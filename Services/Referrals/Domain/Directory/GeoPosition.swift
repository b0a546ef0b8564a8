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
