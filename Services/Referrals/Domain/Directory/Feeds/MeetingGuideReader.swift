internal import JSON
internal import Models

/// Reads Meeting Guide feeds: an array of meetings, each with a slug, a name and mostly a day and a time.
struct MeetingGuideReader {
    var defaults: FeedDefaults
    /// The day that the feed calls 0: Sunday, or Monday where it counts from 1.
    var mondayIsOne = false

    func read(_ feed: JSONValue) -> FeedReading {
        guard let records = feed.array else { return FeedReading(fault: "not an array of meetings") }
        var reading = FeedReading()
        for (index, value) in records.enumerated() { reading.add(index, meeting(value)) }
        return reading
    }

    private func meeting(_ value: JSONValue) -> Result<DirectoryEntry, RecordFault> {
        guard let record = FeedRecord(value) else { return .failure(RecordFault(foreignID: nil, reason: "no object")) }
        let slug = record.text("slug", atMost: 200)
        func fault(_ reason: String) -> Result<DirectoryEntry, RecordFault> {
            .failure(RecordFault(foreignID: slug, reason: reason))
        }
        guard let slug else { return fault("no slug") }
        guard let name = record.text("name", atMost: 200) else { return fault("no name") }
        if record["archived"]?.bool == true { return fault("archived") }
        let attendance = record.text("attendance_option")
        if attendance == "inactive" { return fault("inactive") }
        var entry = DirectoryEntry(foreignID: slug, kind: .meeting, name: name)
        switch hours(record) {
        case .success(let hours): entry.hours = hours
        case .failure(let wrong): return fault(wrong.reason)
        }
        entry.fellowship = defaults.fellowship ?? .aa
        entry.organisation = record.text("group")
        entry.place = record.text("location")
        entry.address =
            record.text("formatted_address") ?? record.joined("address", "city", "state", "postal_code", "country")
        entry.position = record.position()
        entry.zone = record.text("timezone", atMost: 64) ?? defaults.zone
        entry.notes = record.text("notes", atMost: 2000)
        entry.url = record.text("url")
        entry.conferenceURL = record.text("conference_url")
        entry.conferencePhone = record.text("conference_phone")
        entry.assuredAt =
            record.text("updated").flatMap { FeedText.instant($0) }
            ?? record["updatedAt"]?["$date"]?.string.flatMap { Instant($0) }
        let types = Self.types(record["types"])
        entry.tags = MeetingTags.tags(of: types, languages: record["languages"]?.items.compactMap(\.string) ?? [])
        attend(&entry, record, types, attendance)
        return .success(entry)
    }

    /// Whether one can go there, be there by telephone or picture, or both.
    private func attend(
        _ entry: inout DirectoryEntry, _ record: FeedRecord, _ types: [String], _ attendance: String?
    ) {
        entry.isOnline = entry.conferenceURL != nil || entry.conferencePhone != nil || types.contains("ONL")
        switch attendance {
        case "in_person": (entry.isInPerson, entry.isOnline) = (true, false)
        case "hybrid": (entry.isInPerson, entry.isOnline) = (true, true)
        case "online": (entry.isInPerson, entry.isOnline) = (false, true)
        default:
            // An online meeting has the middle of its town for a position; nobody should be sent there.
            let isRoughly =
                record.text("approximate") == "yes" || entry.address.map { !$0.contains(where: \.isNumber) } ?? true
            entry.isInPerson = !types.contains("TC") && !(entry.isOnline && isRoughly)
        }
    }

    private func hours(_ record: FeedRecord) -> Result<[WeeklyHours], RecordFault> {
        func fault(_ reason: String) -> Result<[WeeklyHours], RecordFault> {
            .failure(RecordFault(foreignID: nil, reason: reason))
        }
        let days = record["day"]?.array ?? [record["day"] ?? .null]
        // By appointment: the feed may leave out when.
        guard record.text("day") != nil || record["day"]?.array?.isEmpty == false else { return .success([]) }
        guard let start = record.text("time").flatMap({ FeedText.minutes($0) }) else {
            return fault("no readable time")
        }
        let end =
            record.text("end_time").flatMap { FeedText.minutes($0) }
            ?? record.integer("duration").flatMap { (1...1440).contains($0) ? (start + $0) % 1440 : nil }
        var hours: [WeeklyHours] = []
        for value in days {
            guard let number = FeedRecord(["day": value])?.integer("day"),
                (mondayIsOne ? 1...7 : 0...6).contains(number),
                let open = WeeklyHours(day: number % 7, from: start, to: end)
            else { return fault(mondayIsOne ? "a day that is not 1 to 7" : "a day that is not 0 to 6") }
            hours.append(open)
        }
        return .success(hours)
    }

    /// The codes of an array, or of a text such as `[open]`.
    private static func types(_ value: JSONValue?) -> [String] {
        switch value {
        case .array(let items): items.compactMap(\.string)
        case .string(let text):
            text.split(whereSeparator: { "[], ".contains($0) }).map { word in
                switch word {
                case "open": "O"
                case "closed": "C"
                default: String(word)
                }
            }
        default: []
        }
    }
}
