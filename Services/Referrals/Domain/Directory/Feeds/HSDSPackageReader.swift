internal import JSON

/// Reads the tables of an HSDS 3.0 package, sent as one JSON object from each file's name to its text, by putting together
/// what the JSON form says nested.
struct HSDSPackageReader {
    var defaults: FeedDefaults

    func read(_ feed: JSONValue) -> FeedReading {
        guard let files = feed.object else { return FeedReading(fault: "no object from file names to their texts") }
        var tables: [String: [JSONObject]] = [:]
        for file in files.members where file.name.hasSuffix(".csv") {
            guard let table = file.value.string.flatMap({ CSVTable(Array($0.utf8)) }) else {
                return FeedReading(fault: "\(file.name.prefix(60)) is no CSV table")
            }
            tables[String(file.name.dropLast(4))] = table.rows.map { row in
                JSONObject(table.record(row).sorted { $0.key < $1.key }.map { ($0.key, JSONValue.string($0.value)) })
            }
        }
        guard let services = tables["services"] else { return FeedReading(fault: "it has no services.csv") }
        let nested = Nesting(tables).services(services)
        return HSDSReader(defaults: defaults).read(.array(nested))
    }

    /// Rows by the row that they belong to.
    private struct Nesting {
        private let tables: [String: [JSONObject]]
        private var byOwner: [String: [String: [JSONValue]]] = [:]

        init(_ tables: [String: [JSONObject]]) {
            self.tables = tables
            let owners = [
                "phones": ["service_at_location_id", "service_id", "location_id"],
                "schedules": ["service_at_location_id", "service_id", "location_id"],
                "languages": ["service_id"], "cost_options": ["service_id"], "addresses": ["location_id"],
                "accessibility": ["location_id"], "service_at_location": ["service_id"], "attributes": ["link_id"],
            ]
            for (table, keys) in owners {
                for row in tables[table] ?? [] {
                    for owner in Set(keys.compactMap { row[$0]?.string }) {
                        byOwner[table, default: [:]][owner, default: []].append(.object(row))
                    }
                }
            }
        }

        func services(_ rows: [JSONObject]) -> [JSONValue] {
            let (organisations, locations, terms) = (
                index("organizations"), index("locations"), index("taxonomy_terms")
            )
            return rows.map { row in
                var service = with(["phones", "schedules", "languages", "cost_options", "attributes"], row)
                if let owner = row["organization_id"]?.string { service["organization"] = organisations[owner] }
                service["attributes"] = .array(
                    (service["attributes"]?.items ?? []).map { attribute in
                        var attribute = attribute.object ?? [:]
                        attribute["taxonomy_term"] = attribute["taxonomy_term_id"]?.string.flatMap { terms[$0] }
                        return .object(attribute)
                    })
                let places = row["id"]?.string.flatMap { byOwner["service_at_location"]?[$0] } ?? []
                service["service_at_locations"] = .array(
                    places.map { place in
                        var place = with(["phones", "schedules"], place.object ?? [:])
                        let location = place["location_id"]?.string.flatMap { locations[$0]?.object }
                        place["location"] = location.map {
                            .object(with(["phones", "schedules", "addresses", "accessibility"], $0))
                        }
                        return .object(place)
                    })
                return .object(service)
            }
        }

        private func index(_ table: String) -> [String: JSONValue] {
            Dictionary(
                (tables[table] ?? []).compactMap { row in row["id"]?.string.map { ($0, .object(row)) } },
                uniquingKeysWith: { first, _ in first })
        }

        private func with(_ parts: [String], _ row: JSONObject) -> JSONObject {
            var row = row
            guard let id = row["id"]?.string else { return row }
            for part in parts { row.set(part, ifPresent: byOwner[part]?[id].map { .array($0) }) }
            return row
        }
    }
}
