internal import FoundationEssentials

/// The instruments that this version of Handrail carries, read from the data files in Domain/Data.
public struct InstrumentCatalogue: Sendable {
    /// In the order of their codes, the newest version of each first.
    public let all: [Instrument]

    /// - Throws: a ``DomainDataError`` naming the file that is not what its schema says.
    public init(files: [(name: String, bytes: [UInt8])]) throws(DomainDataError) {
        var read: [Instrument] = []
        for file in files {
            let instrument = try DomainData.decode(Instrument.self, from: file.bytes, named: file.name)
            if let fault = instrument.fault { throw DomainDataError(file: file.name, fault: fault) }
            read.append(instrument)
        }
        all = read.sorted {
            ($0.code.rawValue, -$0.version, $0.language) < ($1.code.rawValue, -$1.version, $1.language)
        }
    }

    /// The instruments of the programme: BARC-10 and PHQ-9.
    public static func builtIn() throws(DomainDataError) -> InstrumentCatalogue {
        try InstrumentCatalogue(files: [
            ("barc-10.json", PackageResources.barc_10_json),
            ("phq-9.json", PackageResources.phq_9_json),
        ])
    }

    /// The newest version of each instrument in each language.
    public var newest: [Instrument] {
        all.filter { $0 == instrument($0.code, language: $0.language) }
    }

    /// The newest version of an instrument, or the one asked for; nil where there is none.
    public func instrument(_ code: InstrumentCode, version: Int? = nil, language: String = "en") -> Instrument? {
        all.first { $0.code == code && $0.language == language && (version == nil || $0.version == version) }
    }
}

extension Instrument {
    /// What is wrong with the definition; nil when nothing is. The schema holds the shape, this holds the sense.
    var fault: String? {
        if Set(items.map(\.code)).count != items.count { return "an item code is used twice" }
        for item in items {
            let values = answers(to: item).map(\.value)
            if values.isEmpty { return "item \(item.code) has no answers" }
            if Set(values).count != values.count { return "item \(item.code) has two answers of one value" }
        }
        for alert in alerts where item(alert.item) == nil { return "alert \(alert.code) names no item" }
        let ranges = bands.sorted { $0.from < $1.from }
        for (lower, upper) in zip(ranges, ranges.dropFirst()) where lower.to >= upper.from { return "bands overlap" }
        let ends = scoredItems.map { item in answers(to: item).map(\.value) }
        let lowest = ends.reduce(0) { $0 + ($1.min() ?? 0) }
        let highest = ends.reduce(0) { $0 + ($1.max() ?? 0) }
        if (lowest, highest) != (scoring.minimum, scoring.maximum) { return "the range is not what the items give" }
        return nil
    }
}
