public import Models

extension R4.DateCondition {
    /// Reads `ge2026-11-22T01:00:00Z`; without prefix it is `eq`. Nil where there is no date. `ap` is not offered.
    public init?(_ text: String) {
        let prefix = R4.DateCondition.Prefix(rawValue: String(text.prefix(2)))
        guard let date = R4.DateTime(prefix == nil ? text : String(text.dropFirst(2))) else { return nil }
        self.prefix = prefix ?? .equal
        self.date = date
    }

    /// Whether a moment meets the condition (R4: the range of the parameter's value against the moment's).
    public func holds(for instant: Instant) -> Bool {
        switch prefix {
        case .equal: date.start <= instant && instant < date.end
        case .notEqual: instant < date.start || instant >= date.end
        case .greater, .startsAfter: instant >= date.end
        case .less, .endsBefore: instant < date.start
        case .greaterOrEqual: instant >= date.start
        case .lessOrEqual: instant < date.end
        }
    }

    /// The half-open span of instants that meet it, nil ends being open: two comparisons that an index serves. For
    /// `ne` there is no such span.
    public var span: (from: Instant?, before: Instant?)? {
        switch prefix {
        case .equal: (date.start, date.end)
        case .notEqual: nil
        case .greater, .startsAfter: (date.end, nil)
        case .less, .endsBefore: (nil, date.start)
        case .greaterOrEqual: (date.start, nil)
        case .lessOrEqual: (nil, date.end)
        }
    }
}
