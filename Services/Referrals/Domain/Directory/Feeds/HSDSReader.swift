internal import JSON
internal import Models

/// Reads services as HSDS 3.0 and HSDS-UK write them: an array, a page of the API with all of it, one service, or a list
/// under `services`. A service at several places becomes an entry for each.
struct HSDSReader {
    var defaults: FeedDefaults

    func read(_ feed: JSONValue) -> FeedReading {
        if let pages = feed["total_pages"]?.integer, pages > 1 {
            // The rest would be taken for gone.
            return FeedReading(fault: "one page of \(pages): put the contents of all into one array")
        }
        let one: [JSONValue]? = feed["status"] != nil && feed["id"] != nil ? [feed] : nil
        guard let services = feed.array ?? feed["contents"]?.array ?? feed["services"]?.array ?? one else {
            return FeedReading(fault: "neither services nor a page of them")
        }
        var reading = FeedReading()
        for (index, value) in services.enumerated() {
            for entry in entries(value) { reading.add(index, entry) }
        }
        return reading
    }

    private func entries(_ value: JSONValue) -> [Result<DirectoryEntry, RecordFault>] {
        guard let service = FeedRecord(value) else {
            return [.failure(RecordFault(foreignID: nil, reason: "no object"))]
        }
        let id = service.text("id", atMost: 100)
        func fault(_ reason: String) -> [Result<DirectoryEntry, RecordFault>] {
            [.failure(RecordFault(foreignID: id, reason: reason))]
        }
        guard let id else { return fault("no id") }
        guard let name = service.text("name", atMost: 200) else { return fault("no name") }
        let status = service.text("status") ?? "active"
        guard ["active", "temporarily closed"].contains(status) else { return fault("status \(status.prefix(20))") }
        var entry = DirectoryEntry(foreignID: id, kind: .service, name: name)
        entry.organisation = service["organization"].flatMap { FeedRecord($0) }?.text("name")
        entry.description = service.text("description", atMost: 2000)
        entry.eligibility = service.text("eligibility_description", "eligibility", atMost: 1000)
        entry.minimumAge = Self.age(service.number("minimum_age"))
        entry.maximumAge = Self.age(service.number("maximum_age"))
        entry.cost = service.text("fees_description", "fees", atMost: 1000) ?? Self.cost(service["cost_options"])
        entry.url = service.text("url")
        entry.notes = service.text("alert", atMost: 1000)
        entry.assuredAt = service.text("assured_date", "last_modified").flatMap { FeedText.instant($0) }
        entry.tags = ServiceTags.tags(of: service, isClosed: status != "active")
        entry.zone = defaults.zone
        entry.phone = Self.phone(service["phones"])
        setHours(&entry, service["schedules"])
        let places = (service["service_at_locations"]?.items ?? []).compactMap { FeedRecord($0) }
        guard !places.isEmpty else {
            // Where it is, nobody says.
            entry.isInPerson = false
            entry.isOnline = true
            return [.success(entry)]
        }
        return places.enumerated().map { index, place in
            let location = place["location"].flatMap { FeedRecord($0) }
            var here = entry
            if places.count > 1 { here.foreignID = "\(id)/\(place.text("id", atMost: 100) ?? String(index))" }
            here.place = location?.text("name")
            here.position = location?.position()
            here.address = location?["addresses"]?.items.first.flatMap { FeedRecord($0) }?
                .joined("address_1", "city", "state_province", "postal_code")
            here.isInPerson = location?.text("location_type") ?? "physical" == "physical"
            here.isOnline = !here.isInPerson
            here.phone = Self.phone(place["phones"]) ?? Self.phone(location?["phones"]) ?? entry.phone
            if let hours = place["schedules"] ?? location?["schedules"], !hours.items.isEmpty { setHours(&here, hours) }
            here.tags = Array(Set(entry.tags + ServiceTags.tags(ofAccess: location?["accessibility"]))).sorted()
            return .success(here)
        }
    }

    /// Weekly hours are for reckoning with; what repeats otherwise is kept as it is told.
    private func setHours(_ entry: inout DirectoryEntry, _ schedules: JSONValue?) {
        let records = (schedules?.items ?? []).compactMap { FeedRecord($0) }
        let days = ["SU": 0, "MO": 1, "TU": 2, "WE": 3, "TH": 4, "FR": 5, "SA": 6]
        entry.hours = records.flatMap { schedule -> [WeeklyHours] in
            guard (schedule.text("freq") ?? "WEEKLY").uppercased() == "WEEKLY",
                (schedule.integer("interval") ?? 1) == 1,
                let opens = schedule.text("opens_at").flatMap({ FeedText.minutes($0) })
            else { return [] }
            let closes = schedule.text("closes_at").flatMap { FeedText.minutes($0) }
            let named = (schedule.text("byday") ?? "").uppercased().split(separator: ",").compactMap {
                days[String($0)]
            }
            return named.compactMap { WeeklyHours(day: $0, from: opens, to: closes) }
        }
        let told = records.compactMap { $0.text("description", atMost: 500) }
        entry.hoursNote = told.isEmpty ? nil : told.joined(separator: "\n")
    }

    private static func age(_ years: Double?) -> Int? { years.flatMap { (0...150).contains($0) ? Int($0) : nil } }

    private static func phone(_ phones: JSONValue?) -> String? {
        phones?.items.first.flatMap { FeedRecord($0) }?.text("number", atMost: 60)?.filter { $0 != "\"" }
    }

    private static func cost(_ options: JSONValue?) -> String? {
        let told = (options?.items ?? []).compactMap { option in
            FeedRecord(option)?.joined("option", "amount", "currency", "amount_description")
        }
        return told.isEmpty ? nil : told.joined(separator: "\n")
    }
}
