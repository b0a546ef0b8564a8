internal import FoundationEssentials
internal import Models
internal import ReferralsDomain

/// The only mail that goes out: that something was updated, and where to look. Of whom, what and how many it says nothing, and
/// whom else it goes to neither: mail is read by whoever stands beside the screen, and kept by others.
struct UpdateMail: Hashable, Sendable {
    /// The same for each attempt.
    let id: UUID
    let at: Instant
    /// Where the agency's service is.
    let publicURL: String

    /// As RFC 5322 has it, each line with its CRLF.
    func content(from sender: MailAddress) -> [UInt8] {
        let lines = [
            "From: <\(sender.text)>",
            "To: undisclosed-recipients:;",
            "Subject: Updated",
            "Date: \(Self.date(at))",
            "Message-ID: <\(id.lowercasedText)@\(sender.domain)>",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=us-ascii",
            "Content-Transfer-Encoding: 7bit",
            "",
            "Something that your organisation sent was updated.",
            "Please look there:",
            publicURL,
            "",
            "A machine wrote this. Nobody reads answers to it.",
        ]
        return Array(lines.map { "\($0)\r\n" }.joined().utf8)
    }

    /// In UTC: `Sun, 22 Nov 2026 09:00:00 +0000`.
    static func date(_ instant: Instant) -> String {
        let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let days = Int(instant.unixSeconds / 86_400)
        let weekday = weekdays[((days % 7) + 7) % 7]
        let date = instant.dateInUTC
        let time = instant.description.dropFirst("0000-00-00T".count).prefix("00:00:00".count)
        return "\(weekday), \(date.day) \(months[date.month - 1]) \(date.year) \(time) +0000"
    }
}
