internal import JSON

/// Reads the answers of BMLT servers: an array of meetings, or an object that has it as `meetings`.
struct BMLTReader {
    var defaults: FeedDefaults

    func read(_ feed: JSONValue) -> FeedReading {
        guard let records = feed.array ?? feed["meetings"]?.array else {
            return FeedReading(fault: "neither an array of meetings nor an object with one")
        }
        var reading = FeedReading()
        for (index, value) in records.enumerated() { reading.add(index, meeting(value)) }
        return reading
    }

    private func meeting(_ value: JSONValue) -> Result<DirectoryEntry, RecordFault> {
        guard let record = FeedRecord(value) else { return .failure(RecordFault(foreignID: nil, reason: "no object")) }
        let id = record.text("id_bigint", atMost: 40)
        func fault(_ reason: String) -> Result<DirectoryEntry, RecordFault> {
            .failure(RecordFault(foreignID: id, reason: reason))
        }
        guard let id else { return fault("no id_bigint") }
        guard let name = record.text("meeting_name", atMost: 200) else { return fault("no meeting_name") }
        if record.text("published") == "0" { return fault("not published") }
        // Sunday is 1.
        guard let day = record.integer("weekday_tinyint"), (1...7).contains(day) else {
            return fault("a weekday_tinyint that is not 1 to 7")
        }
        guard let start = record.text("start_time").flatMap({ FeedText.minutes($0) }) else {
            return fault("no readable start_time")
        }
        let lasts = record.text("duration_time").flatMap { FeedText.minutes($0) }.flatMap { $0 > 0 ? $0 : nil }
        var entry = DirectoryEntry(foreignID: id, kind: .meeting, name: name)
        entry.hours = [WeeklyHours(day: day - 1, from: start, to: lasts.map { (start + $0) % 1440 })].compactMap(\.self)
        entry.fellowship = defaults.fellowship ?? .na
        entry.place = record.text("location_text")
        entry.address = record.joined(
            "location_street", "location_municipality", "location_province", "location_postal_code_1")
        entry.position = record.position()
        entry.zone = record.text("time_zone", atMost: 64) ?? defaults.zone
        entry.notes = record.text("comments", "location_info", atMost: 2000)
        entry.conferenceURL = record.text("virtual_meeting_link")
        entry.conferencePhone = record.text("phone_meeting_number")
        let formats = (record.text("formats") ?? "").split(separator: ",").map(String.init)
        entry.tags = MeetingTags.tags(ofBMLT: formats)
        // 1 in person, 2 virtual, 3 both; older servers say it by formats.
        let venue = record.integer("venue_type")
        let isVirtual = formats.contains("VM") || formats.contains("TC")
        entry.isOnline = venue.map { $0 >= 2 } ?? (entry.conferenceURL != nil || entry.conferencePhone != nil)
        entry.isInPerson = venue.map { $0 != 2 } ?? !isVirtual
        return .success(entry)
    }
}
