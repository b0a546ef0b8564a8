internal import Logging
internal import ReferralsDomain
internal import ReferralsSettings
internal import ServiceKit

extension SMTPClient {
    /// Settings of the mail server that do not go together.
    struct Mistake: Error, Hashable, CustomStringConvertible {
        let description: String
    }

    /// The mail server that the settings name; nil where they name none.
    ///
    /// - Throws: ``Mistake``.
    static func set(by settings: ServiceSettings, logger: Logger) throws(Mistake) -> SMTPClient? {
        guard let text = settings[ReferralsSettings.smtpURL] else { return nil }
        guard let server = SMTPServer(text, allowsPlain: settings.deployment == .local),
            let from = settings[ReferralsSettings.smtpFrom].flatMap({ MailAddress($0) })
        else { throw Mistake(description: "\(ReferralsSettings.smtpFrom) is missing") }
        var client = SMTPClient(server: server, from: from, logger: logger)
        switch (settings[ReferralsSettings.smtpUser], settings.secret(ReferralsSettings.smtpPassword)) {
        case (nil, nil): break
        case (.some(let user), .some(let password)): client.login = SMTPLogin(user: user, password: password)
        default:
            throw Mistake(
                description: "\(ReferralsSettings.smtpUser) and \(ReferralsSettings.smtpPassword) go together")
        }
        return client
    }
}
