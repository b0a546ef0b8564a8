extension R4 {
    /// A person's name.
    public struct HumanName: Hashable, Sendable {
        /// usual, official, temp, nickname, anonymous, old or maiden.
        public var use: String?
        public var text: String?
        public var family: String?
        public var given: [String]
        public var prefix: [String]
        public var suffix: [String]
        public var period: Period?
    }

    /// A telephone number, an e-mail address and the like.
    public struct ContactPoint: Hashable, Sendable {
        /// phone, fax, email, pager, url, sms or other.
        public var system: String?
        public var value: String?
        /// home, work, temp, old or mobile.
        public var use: String?
        public var period: Period?
    }

    /// A postal address.
    public struct Address: Hashable, Sendable {
        /// home, work, temp, old or billing.
        public var use: String?
        public var text: String?
        public var lines: [String]
        public var city: String?
        public var district: String?
        public var state: String?
        public var postalCode: String?
        public var country: String?
        public var period: Period?
    }
}

extension R4.HumanName: ElementReadable {
    init?(_ reader: ElementReader) {
        use = reader.code("use", in: .nameUse)
        text = reader.string("text")
        family = reader.string("family")
        given = reader.strings("given")
        prefix = reader.strings("prefix")
        suffix = reader.strings("suffix")
        period = reader.one("period")
    }
}

extension R4.ContactPoint: ElementReadable {
    init?(_ reader: ElementReader) {
        system = reader.code("system", in: .contactPointSystem)
        value = reader.string("value")
        use = reader.code("use", in: .contactPointUse)
        period = reader.one("period")
        // cpt-2: a value needs a system.
        if value != nil, !reader.has("system") {
            reader.notes.note(
                .invariant, "A contact point with a value needs a system (cpt-2).", at: reader.path("system")
            )
        }
    }
}

extension R4.Address: ElementReadable {
    init?(_ reader: ElementReader) {
        use = reader.code("use", in: .addressUse)
        text = reader.string("text")
        lines = reader.strings("line")
        city = reader.string("city")
        district = reader.string("district")
        state = reader.string("state")
        postalCode = reader.string("postalCode")
        country = reader.string("country")
        period = reader.one("period")
    }
}
