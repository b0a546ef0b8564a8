/// Reads the tables of treatment facilities that are made from SAMHSA's lists, whichever names their columns have.
struct SAMHSAReader {
    var defaults: FeedDefaults

    func read(_ bytes: some Collection<UInt8>) -> FeedReading {
        guard let table = CSVTable(bytes) else { return FeedReading(fault: "no CSV table in UTF-8") }
        let columns = Set(table.columns)
        guard columns.contains("latitude"), columns.contains("longitude"), columns.contains("city"),
            columns.contains("name1") || (columns.contains("id") && columns.contains("address"))
        else { return FeedReading(fault: "not the columns of a list of facilities") }
        var reading = FeedReading()
        for (index, row) in table.rows.enumerated() { reading.add(index, facility(table.record(row), columns)) }
        return reading
    }

    private func facility(
        _ row: [String: String], _ columns: Set<String>
    ) -> Result<DirectoryEntry, RecordFault> {
        func text(_ names: String...) -> String? {
            names.lazy.compactMap { row[$0] }.first.flatMap { FeedText.clean($0, atMost: 300) }
        }
        // The list of opioid treatment programmes has the name where others have an id.
        let isProgrammes = !columns.contains("name1")
        guard let name = isProgrammes ? text("id") : text("name1") else {
            return .failure(RecordFault(foreignID: nil, reason: "no name"))
        }
        guard let street = text("street1", "address1", "address"), let city = text("city") else {
            return .failure(RecordFault(foreignID: nil, reason: "no address"))
        }
        let zip = text("zip", "zip_code", "postal") ?? ""
        // They have no ids that stay: a facility is its name and where it is.
        let id = [name, street, city, zip].joined(separator: "|").lowercased()
        var entry = DirectoryEntry(foreignID: String(id.prefix(200)), kind: .service, name: String(name.prefix(200)))
        entry.organisation = text("name2")
        entry.address = [street, city, text("state") ?? "", zip].filter { !$0.isEmpty }.joined(separator: ", ")
        if let latitude = text("latitude").flatMap({ Double($0) }),
            let longitude = text("longitude").flatMap({ Double($0) })
        {
            entry.position = GeoPosition(latitude: latitude, longitude: longitude)
        }
        entry.phone = text("contact")
        entry.zone = defaults.zone
        let keys = (row["keys"] ?? "").split(separator: "/")
        let isOTP = isProgrammes || keys.contains("OTP")
        entry.tags = Array(
            Set(["need:treatment"] + (isOTP ? ["moud:methadone"] : []) + ServiceTags.tags(ofSAMHSA: keys))
        ).sorted()
        return .success(entry)
    }
}
