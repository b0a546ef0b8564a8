public import JSON
public import Models

/// An entry as a service of HSDS 3.0.
///
/// Addresses are not split again into their parts, which HSDS wants: the location tells them as one text.
public struct HSDSService {
    private let id: String
    private let entry: DirectoryEntry
    private let assuredAt: Instant?
    private let changedAt: Instant
    /// The id of what has none of its own here, such as the organisation of a name: always the same one.
    private let derive: (String) -> String

    public init(
        _ entry: DirectoryEntry, id: String, assuredAt: Instant?, changedAt: Instant,
        derive: @escaping (String) -> String
    ) {
        (self.entry, self.id, self.derive) = (entry, id, derive)
        (self.assuredAt, self.changedAt) = (assuredAt, changedAt)
    }

    /// With what there is one of: `service_list.json`.
    public var listed: JSONObject {
        var service: JSONObject = ["id": .string(id), "name": .string(entry.name)]
        service["status"] = entry.tags.contains("temporarily-closed") ? "temporarily closed" : "active"
        service.set("description", ifPresent: entry.description.map(JSONValue.string))
        service.set("url", ifPresent: entry.url.map(JSONValue.string))
        service.set("eligibility_description", ifPresent: entry.eligibility.map(JSONValue.string))
        service.set("minimum_age", ifPresent: entry.minimumAge.map { .number(JSONNumber($0)) })
        service.set("maximum_age", ifPresent: entry.maximumAge.map { .number(JSONNumber($0)) })
        service.set("fees_description", ifPresent: entry.cost.map(JSONValue.string))
        service.set("alert", ifPresent: entry.notes.map(JSONValue.string))
        service.set("assured_date", ifPresent: assuredAt.map { .string($0.dateInUTC.description) })
        service["last_modified"] = .string(changedAt.description)
        if let name = entry.organisation {
            service["organization"] = [
                "id": .string(derive("organization \(name)")), "name": .string(name), "description": .string(name),
            ]
        }
        return service
    }

    /// With all of it.
    public var whole: JSONObject {
        var service = listed
        service.set(
            "phones",
            ifPresent: entry.phone.map { [["id": .string(derive("phone \(id)")), "number": .string($0)]] })
        let languages = entry.tags.compactMap { $0.hasPrefix("lang:") ? String($0.dropFirst(5)) : nil }
        service["languages"] = .array(
            languages.map { ["id": .string(derive("language \(id) \($0)")), "code": .string($0)] })
        service["schedules"] = .array(entry.hours.enumerated().map { schedule($0.element, $0.offset) })
        service["attributes"] = .array(
            entry.tags.filter { !$0.hasPrefix("lang:") }.map { tag in
                [
                    "id": .string(derive("attribute \(id) \(tag)")), "link_id": .string(id), "link_entity": "service",
                    "value": .string(tag),
                ]
            })
        service["service_at_locations"] = [
            ["id": .string(derive("service at location \(id)")), "service_id": .string(id), "location": location]
        ]
        return service
    }

    private var location: JSONValue {
        var location: JSONObject = [
            "id": .string(derive("location \(id)")), "location_type": entry.isInPerson ? "physical" : "virtual",
        ]
        location.set("name", ifPresent: entry.place.map(JSONValue.string))
        location.set("description", ifPresent: entry.address.map(JSONValue.string))
        if entry.isInPerson, let position = entry.position {
            location.set("latitude", ifPresent: .degrees(position.latitude))
            location.set("longitude", ifPresent: .degrees(position.longitude))
        }
        location.set("url", ifPresent: entry.isInPerson ? nil : entry.conferenceURL.map(JSONValue.string))
        return .object(location)
    }

    private func schedule(_ hours: WeeklyHours, _ index: Int) -> JSONValue {
        var schedule: JSONObject = ["id": .string(derive("schedule \(id) \(index)")), "freq": "WEEKLY", "interval": 1]
        schedule["byday"] = .string(["SU", "MO", "TU", "WE", "TH", "FR", "SA"][hours.opens / 1440])
        schedule["opens_at"] = .string(hours.opensAt)
        schedule["closes_at"] = .string(hours.closesAt)
        schedule.set("description", ifPresent: entry.hoursNote.map(JSONValue.string))
        return .object(schedule)
    }
}

extension JSONValue {
    /// A number of degrees; nil for what JSON cannot say.
    static func degrees(_ value: Double) -> JSONValue? {
        do throws(JSONSyntaxError) {
            return try parse(Array(value.description.utf8))
        } catch {
            return nil
        }
    }
}
