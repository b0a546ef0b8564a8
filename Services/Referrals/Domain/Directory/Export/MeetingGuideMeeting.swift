public import JSON
public import Models

/// An entry as meetings of a Meeting Guide feed: one for each time in the week, because apps read one day of each.
public struct MeetingGuideMeeting {
    private let slug: String
    private let entry: DirectoryEntry
    private let changedAt: Instant

    public init(_ entry: DirectoryEntry, slug: String, changedAt: Instant) {
        (self.entry, self.slug, self.changedAt) = (entry, slug, changedAt)
    }

    public var meetings: [JSONValue] {
        guard !entry.hours.isEmpty else { return [.object(meeting(nil, slug))] }
        return entry.hours.enumerated().map { index, hours in
            .object(meeting(hours, entry.hours.count > 1 ? "\(slug)-\(index + 1)" : slug))
        }
    }

    private func meeting(_ hours: WeeklyHours?, _ slug: String) -> JSONObject {
        var meeting: JSONObject = ["slug": .string(slug), "name": .string(entry.name)]
        if let hours {
            meeting["day"] = .number(JSONNumber(hours.opens / 1440))
            meeting["time"] = .string(hours.opensAt)
            meeting["end_time"] = .string(hours.closesAt)
        }
        for (name, text) in [
            ("timezone", entry.zone), ("group", entry.organisation), ("location", entry.place),
            ("formatted_address", entry.address), ("notes", entry.notes), ("url", entry.url),
            ("conference_url", entry.conferenceURL), ("conference_phone", entry.conferencePhone),
        ] {
            meeting.set(name, ifPresent: text.map(JSONValue.string))
        }
        if let position = entry.position {
            meeting.set("latitude", ifPresent: .degrees(position.latitude))
            meeting.set("longitude", ifPresent: .degrees(position.longitude))
        }
        meeting["types"] = .array(
            entry.tags.compactMap { $0.hasPrefix("type:") ? .string(String($0.dropFirst(5))) : nil })
        meeting["attendance_option"] =
            entry.isInPerson ? (entry.isOnline ? "hybrid" : "in_person") : "online"
        meeting["updated"] = .string((entry.assuredAt ?? changedAt).description)
        return meeting
    }
}

extension WeeklyHours {
    /// `19:30`.
    var opensAt: String { Self.clock(opens) }
    var closesAt: String { Self.clock(closes) }

    private static func clock(_ minute: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(minute % 1440 / 60)):\(two(minute % 60))"
    }
}
