internal import JSON

extension FeedKind {
    /// Reads a feed.
    ///
    /// A text that is not JSON, or holds nothing that could be an entry, has a fault as a whole: it never stands for an
    /// empty directory.
    public func read(_ bytes: some Collection<UInt8>, _ defaults: FeedDefaults) -> FeedReading {
        var reading: FeedReading
        do throws(JSONSyntaxError) {
            reading = try parsed(Self.withoutMark(bytes), defaults)
        } catch {
            return FeedReading(fault: error.description)
        }
        reading.assume(assuredAt: defaults.assuredAt)
        if reading.fault == nil, reading.entries.isEmpty {
            reading.fault = reading.refusals.isEmpty ? "it has no records" : "none of its records can be taken"
        }
        return reading
    }

    private func parsed(_ bytes: [UInt8], _ defaults: FeedDefaults) throws(JSONSyntaxError) -> FeedReading {
        if self == .samhsa { return SAMHSAReader(defaults: defaults).read(bytes) }
        let feed = try JSONValue.parse(bytes, limits: Self.limits)
        return switch self {
        case .meetingGuide: MeetingGuideReader(defaults: defaults).read(feed)
        case .centralQuery: MeetingGuideReader(defaults: defaults, mondayIsOne: true).read(feed)
        case .bmlt: BMLTReader(defaults: defaults).read(feed)
        case .hsdsPackage: HSDSPackageReader(defaults: defaults).read(feed)
        case .hsds, .samhsa: HSDSReader(defaults: defaults).read(feed)
        }
    }

    /// A whole country's list has some millions of values. Text with U+0000 cannot be stored.
    private static let limits = JSONLimits(bytes: 32 << 20, depth: 32, values: 8_000_000, isStrict: true)

    private static func withoutMark(_ bytes: some Collection<UInt8>) -> [UInt8] {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        return Array(bytes.starts(with: mark) ? bytes.dropFirst(3) : bytes[...])
    }
}
