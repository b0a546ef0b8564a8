public import Models

/// The answer to a message (HL7 v2.5.1, chapter 2.9): whether it was taken, and what is wrong with it otherwise.
public struct HL7Acknowledgement: Hashable, Sendable {
    /// Table 0008.
    public enum Code: String, Hashable, Sendable {
        /// It was taken, and is stored.
        case accepted = "AA"
        /// It was read, and cannot be done: sending it again helps nothing.
        case error = "AE"
        /// It is not for us, not readable, or we cannot now: the sender may try again where ``Fault/code`` says so.
        case rejected = "AR"
    }

    /// What is wrong, as an `ERR` segment has it.
    public struct Fault: Hashable, Sendable {
        /// `PID^1^5`: segment, its number, field; nil where the whole message is meant.
        public var location: String?
        /// Table 0357: `101` required field missing, `102` wrong type, `103` unknown code, `200` unsupported message,
        /// `201` unsupported event, `202` unsupported processing id, `203` unsupported version, `207` internal error.
        public var code: Int
        /// For a person who reads it; never quotes what was sent.
        public var text: String

        public init(location: String? = nil, code: Int, text: String) {
            (self.location, self.code, self.text) = (location, code, text)
        }
    }

    public var code: Code
    public var faults: [Fault]

    public init(_ code: Code, faults: [Fault] = []) {
        (self.code, self.faults) = (code, faults)
    }

    /// The message, in the sender's own delimiters.
    ///
    /// - Parameters:
    ///   - message: what is answered; nil where it could not be read.
    ///   - type: `MSH-9`; `ACK` with the event of the message where it is left out.
    ///   - more: segments behind `ERR`, such as those of an `RRI`.
    public func message(
        to message: HL7Message?, type: [String]? = nil, controlID: String, at instant: Instant, more: [HL7Line] = []
    ) -> [UInt8] {
        let header = message?.header
        func echo(_ field: Int) -> [String] {
            (1...3).map { header?.text(field, $0) ?? "" }.reversed().drop(while: \.isEmpty).reversed()
        }
        let event = message?.type.event ?? ""
        let version = header?.text(12) ?? "2.5.1"
        let lines =
            [
                HL7Line(
                    "MSH",
                    [
                        echo(5), echo(6), echo(3), echo(4), [HL7Line.stamp(instant)], [],
                        type ?? (event.isEmpty ? ["ACK"] : ["ACK", event, "ACK"]), [controlID],
                        [header?.text(11) ?? "P"], [version], [], [], [], [], [], ["UNICODE UTF-8"],
                    ]),
                HL7Line("MSA", [[code.rawValue], [message?.controlID ?? ""]]),
            ]
            + faults.map { fault in
                HL7Line(
                    "ERR",
                    [
                        [], fault.location.map { $0.split(separator: "^").map(String.init) } ?? [],
                        ["\(fault.code)", "", "HL70357"], ["E"], [], [], [], [fault.text],
                    ])
            } + more
        let delimiters = message?.delimiters ?? .usual
        return lines.flatMap { $0.bytes(delimiters) }
    }
}

/// A segment to be sent: fields of components.
public struct HL7Line: Hashable, Sendable {
    public var name: String
    /// The first is field 1; of `MSH` it is field 3, because the marks are written by themselves.
    public var fields: [[String]]

    public init(_ name: String, _ fields: [[String]]) {
        (self.name, self.fields) = (name, fields)
    }

    /// `20261122010304+0000`
    public static func stamp(_ instant: Instant) -> String {
        let date = instant.dateInUTC
        let second = Int(instant.unixSeconds) - date.daysSince1970 * 86_400
        let parts = [date.month, date.day, second / 3600, second / 60 % 60, second % 60]
        let year = String(date.year)
        return String(repeating: "0", count: 4 - year.count) + year
            + parts.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined() + "+0000"
    }

    /// With the carriage return.
    func bytes(_ delimiters: HL7Delimiters) -> [UInt8] {
        func mark(_ byte: UInt8) -> String { String(UnicodeScalar(byte)) }
        let field = mark(delimiters.field)
        let component = mark(delimiters.component)
        var start = name
        if name == "MSH" {
            let marks = [delimiters.component, delimiters.repetition, delimiters.escape, delimiters.subcomponent]
            start += field + marks.compactMap(\.self).map(mark).joined()
        }
        let texts = fields.map { parts in
            parts.map { HL7Escapes.escaped($0, delimiters) }.joined(separator: component)
        }
        let line = ([start] + texts).joined(separator: field)
        return Array(line.utf8) + [0x0D]
    }
}
