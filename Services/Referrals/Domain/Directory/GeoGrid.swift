#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// The Earth in cells of so many degrees. Places are found by the number of a cell: integers have leakproof operators, so
/// that their index is used under row-level security, which those of geometric types are not.
public struct GeoGrid: Sendable {
    /// Cells in a degree.
    let perDegree: Double
    let columns: Int
    let rows: Int

    /// Each 2.2 km high: what is near.
    public static let cells = GeoGrid(perDegree: 50)
    /// Ten by ten of ``cells``, 22 km high: where only little is looked for. The column `region` of the directory's entries.
    public static let regions = GeoGrid(perDegree: 5)

    init(perDegree: Int) {
        (self.perDegree, columns, rows) = (Double(perDegree), 360 * perDegree, 180 * perDegree)
    }

    /// The number of the cell that holds a place: rows from the south, in each the columns from 180° W.
    public func number(of place: GeoPosition) -> Int { row(place.latitude) * columns + column(place.longitude) }

    fileprivate func row(_ latitude: Double) -> Int {
        min(rows - 1, max(0, Int(((latitude + 90) * perDegree).rounded(.down))))
    }

    fileprivate func column(_ longitude: Double) -> Int {
        min(columns - 1, max(0, Int(((longitude + 180) * perDegree).rounded(.down))))
    }
}

extension GeoPosition {
    /// The cell that holds it.
    public var cell: Int { GeoGrid.cells.number(of: self) }

    /// Cells with consecutive numbers.
    public typealias CellSpan = ClosedRange<Int>

    /// Every cell that has a point within so many km is in one of these; not every point of them is so near.
    public func cells(of grid: GeoGrid = .cells, within radius: Double) -> [CellSpan] {
        let angle = radius / Self.earthRadius
        let degrees = 180 / Double.pi
        // A little more, because a point on the edge must not be lost to rounding.
        let (height, slack) = (angle * degrees, 1e-9)
        let (south, north) = (latitude - height - slack, latitude + height + slack)
        let rows = grid.row(max(-90, south))...grid.row(min(90, north))
        var columns = [0...(grid.columns - 1)]
        if south > -90, north < 90, angle < .pi / 2 {
            // Where the circle touches its meridians, not where it is as far east as its centre's parallel goes.
            let width = asin(min(1, sin(angle) / cos(latitude * .pi / 180))) * degrees + slack
            let (west, east) = (longitude - width, longitude + width)
            if width >= 180 {
                columns = [0...(grid.columns - 1)]
            } else if west < -180 {
                columns = [0...grid.column(east), grid.column(west + 360)...(grid.columns - 1)]
            } else if east > 180 {
                columns = [0...grid.column(east - 360), grid.column(west)...(grid.columns - 1)]
            } else {
                columns = [grid.column(west)...grid.column(east)]
            }
        }
        return rows.flatMap { row in
            columns.map { row * grid.columns + $0.lowerBound...row * grid.columns + $0.upperBound }
        }
    }
}
