import Models
import ReferralsDomain
import TestKit
import Testing

@Suite("Places on the grid")
struct GeoPositionTests {
    @Test("great-circle distances are those of the atlas")
    func distances() throws {
        let newYork = try #require(GeoPosition(latitude: 40.7128, longitude: -74.006))
        let london = try #require(GeoPosition(latitude: 51.5074, longitude: -0.1278))
        #expect(abs(newYork.distance(to: london) - 5570.2) < 1)
        let west = try #require(GeoPosition(latitude: 10, longitude: -179.99))
        let east = try #require(GeoPosition(latitude: 10, longitude: 179.99))
        #expect(abs(west.distance(to: east) - 2.19) < 0.01, "across the date line")
    }

    @Test("the cells of a circle hold every point within it, also at the poles and the date line")
    func covers() throws {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<400 {
            let latitude = [Double.random(in: -90...90, using: &random), 89.97, -89.9].randomElement(using: &random)
            let longitude = [Double.random(in: -180...180, using: &random), 179.99, -180].randomElement(using: &random)
            let centre = try #require(GeoPosition(latitude: latitude ?? 1, longitude: longitude ?? 1))
            let radius = Double.random(in: 0.1...150, using: &random)
            let cells = centre.cells(within: radius)
            let regions = centre.cells(of: .regions, within: radius)
            for _ in 0..<100 {
                let reach = radius / 100
                let moved = GeoPosition(
                    latitude: min(90, max(-90, centre.latitude + .random(in: -reach...reach, using: &random))),
                    longitude: (centre.longitude + .random(in: -180...180, using: &random)).remainder(dividingBy: 360))
                let near = GeoPosition(
                    latitude: min(90, max(-90, centre.latitude + .random(in: -reach...reach, using: &random))),
                    longitude: (centre.longitude + .random(in: -reach...reach, using: &random) * 1.5)
                        .remainder(dividingBy: 360))
                for point in [moved, near].compactMap(\.self) where centre.distance(to: point) <= radius {
                    let (row, column) = point.cell.quotientAndRemainder(dividingBy: 18_000)
                    #expect(cells.contains { $0.contains(point.cell) }, "\(centre) \(radius) \(point)")
                    // As PostgreSQL makes the number out of the cell's.
                    let region = row / 10 * 1800 + column / 10
                    #expect(regions.contains { $0.contains(region) }, "\(centre) \(radius) \(point)")
                }
            }
        }
    }

    @Test("the middle of the ocean stands for an unknown place, and what is off the Earth for none")
    func unknown() {
        #expect(GeoPosition(latitude: 0, longitude: 0) == nil)
        #expect(GeoPosition(latitude: 91, longitude: 0) == nil)
        #expect(GeoPosition(latitude: .nan, longitude: 3) == nil)
    }

    @Test("a listing is stale after 180 days, and ranks as if it were up to twice as far")
    func decay() {
        let now = Instant(unixSeconds: 1_800_000_000)
        #expect(!Assurance.isStale(now - .seconds(179 * 86_400), at: now))
        #expect(Assurance.isStale(now - .seconds(181 * 86_400), at: now))
        #expect(Assurance.isStale(nil, at: now))
        #expect(Assurance.decay(ofAge: 0) == 1)
        #expect(Assurance.decay(ofAge: 180) == 1.5)
        #expect(Assurance.decay(ofAge: nil) == 2)
        #expect(Assurance.rank(distance: 4, age: 0) < Assurance.rank(distance: 3, age: 365))
    }
}
