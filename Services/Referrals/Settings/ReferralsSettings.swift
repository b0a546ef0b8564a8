internal import Crypto
internal import ReferralsDomain
public import ServiceKit

/// The settings of `referrals` beside those that all services have.
///
/// In a target of their own, so that the operator's command can check them as the service does.
public enum ReferralsSettings {
    /// File with the keys that wrap participants' data keys: ``KeyRingFile``.
    public static let keyRing = "HANDRAIL_REFERRALS_KEY_RING_FILE"
    /// File with the keys of the blind indexes: ``IndexKeysFile``.
    public static let indexKeys = "HANDRAIL_REFERRALS_BLIND_INDEX_KEYS_FILE"
    /// Where partners reach the service; the issuer of its tokens.
    public static let publicURL = "HANDRAIL_REFERRALS_PUBLIC_URL"
    /// PEM file of the key that signs partners' tokens.
    public static let tokenKey = "HANDRAIL_REFERRALS_TOKEN_KEY_FILE"
    /// Where HL7 v2 messages are listened for by MLLP: ``MLLPAddress/list(_:)``.
    public static let mllp = "HANDRAIL_REFERRALS_MLLP_LISTEN"
    /// How many connections each of these listeners holds.
    public static let mllpConnections = "HANDRAIL_REFERRALS_MLLP_CONNECTIONS"
    /// How long a message may take from its first byte to its last, and an answer until it is read.
    public static let mllpFrameSeconds = "HANDRAIL_REFERRALS_MLLP_FRAME_SECONDS"
    /// How long a connection may be silent between messages.
    public static let mllpIdleSeconds = "HANDRAIL_REFERRALS_MLLP_IDLE_SECONDS"
    /// Whose pages in browsers may call the CDS Hooks: ``WebOrigins``.
    public static let hookOrigins = "HANDRAIL_REFERRALS_HOOK_ORIGINS"

    /// File with how long a referral may wait: ``ReferralsDomain/ResponseTimes``.
    public static let responseTimes = "HANDRAIL_REFERRALS_RESPONSE_TIMES_FILE"

    /// The mail server by which partners are told that something was updated: ``SMTPServer``.
    public static let smtpURL = "HANDRAIL_REFERRALS_SMTP_URL"
    /// As whom the mail server knows the agency.
    public static let smtpUser = "HANDRAIL_REFERRALS_SMTP_USER"
    /// File with the password of that user.
    public static let smtpPassword = "HANDRAIL_REFERRALS_SMTP_PASSWORD_FILE"
    /// Whose mails they are.
    public static let smtpFrom = "HANDRAIL_REFERRALS_SMTP_FROM"

    /// What each means, whether it may be left out, and what is wrong with a value.
    public static let all: [SettingReference] = [
        SettingReference(
            keyRing, "JSON file with the keys that wrap participants' data keys, and which is current",
            flaw: { content, _ in Self.flaw { () throws(KeyFileError) in _ = try KeyRingFile(json: content) } }
        ),
        SettingReference(
            indexKeys, "JSON file with the keys of the digests by which people are found",
            flaw: { content, _ in Self.flaw { () throws(KeyFileError) in _ = try IndexKeysFile(json: content) } }
        ),
        SettingReference(
            publicURL, "URL under which partners reach this service, without a path",
            fallback: "http:// and the listening address where HANDRAIL_ENV=local; otherwise required",
            isRequiredInProduction: true,
            flaw: { url, deployment in
                let isSafe = deployment == .local || url.starts(with: "https://".utf8)
                return isSafe && url.last != UInt8(ascii: "/") ? nil : "must be https, without a slash at the end"
            }
        ),
        SettingReference(
            tokenKey, "PEM private key on P-384 that signs partners' tokens",
            fallback: "a key of the process's own where HANDRAIL_ENV=local; otherwise required",
            isRequiredInProduction: true,
            flaw: { pem, _ in
                do {
                    _ = try P384.Signing.PrivateKey(pemRepresentation: String(decoding: pem, as: UTF8.self))
                    return nil
                } catch {
                    return "the file holds no PEM private key on P-384"
                }
            }
        ),
        SettingReference(
            responseTimes, "JSON file with how long a referral may wait for each step, and when somebody is reminded",
            fallback: "the times that come with Handrail",
            flaw: { content, _ in
                do throws(ResponseTimes.Flaw) {
                    _ = try ResponseTimes(json: content)
                    return nil
                } catch {
                    return error.description
                }
            }
        ),
        SettingReference(
            mllp,
            "`host:port` for HL7 v2 by MLLP, several between commas: a connection's TLS certificate says which partner's "
                + "client sends; or `host:port=client id`, on loopback or with `HANDRAIL_TLS=terminated-upstream`",
            fallback: "no MLLP",
            flaw: { text, _ in
                MLLPAddress.list(String(decoding: text, as: UTF8.self)) == nil
                    ? "must be host:port or host:port=client id, each port once" : nil
            }
        ),
        number(mllpConnections, "most connections of each MLLP listener", fallback: 64, in: 1...10_000),
        number(
            mllpFrameSeconds, "how long an MLLP message may take to come, and its answer to be read", fallback: 30,
            in: 1...600),
        number(
            mllpIdleSeconds, "how long an MLLP connection may be silent between messages", fallback: 3600,
            in: 1...86_400),
        SettingReference(
            hookOrigins,
            "origins of EHRs whose pages in browsers may call the CDS Hooks (CORS), such as `https://ehr.example`, several "
                + "between commas",
            fallback: "none",
            flaw: { text, deployment in
                WebOrigins(String(decoding: text, as: UTF8.self), allowsPlain: deployment == .local) == nil
                    ? "must be https:// with a host in small letters, and a port where it is not 443; no path and no *"
                    : nil
            }
        ),
        SettingReference(
            smtpURL,
            "mail server by which partners are told that something was updated: `smtps://host` (port 465) or `smtp://host` "
                + "(port 587, with STARTTLS)",
            fallback: "no mail is sent",
            flaw: { text, deployment in
                let text = String(decoding: text, as: UTF8.self)
                return SMTPServer(text, allowsPlain: deployment == .local) == nil
                    ? "must be smtps://host or smtp://host, with a port or without" : nil
            }
        ),
        SettingReference(
            smtpUser, "as whom the mail server knows the agency", fallback: "no password is sent",
            flaw: { text, _ in
                text.count <= 255 && text.allSatisfy { $0 > 0x20 && $0 != 0x7F } ? nil : "must be a name without spaces"
            }
        ),
        SettingReference(
            smtpPassword, "file with the password of that user", fallback: "no password is sent",
            flaw: { text, _ in text.contains(0) ? "must not hold a zero byte" : nil }
        ),
        SettingReference(
            smtpFrom, "address from which mails come", fallback: "required where a mail server is set",
            flaw: { text, _ in
                MailAddress(String(decoding: text, as: UTF8.self)) == nil ? "must be an e-mail address in ASCII" : nil
            }
        ),
    ]

    private static func number(
        _ name: String, _ meaning: String, fallback: Int, in range: ClosedRange<Int>
    ) -> SettingReference {
        SettingReference(name, meaning, fallback: "\(fallback)") { text, _ in
            Int(String(decoding: text, as: UTF8.self)).map(range.contains) == true
                ? nil : "must be a number from \(range.lowerBound) to \(range.upperBound)"
        }
    }

    /// The value of a setting that is a number: its fallback where it is absent.
    public static func number(_ name: String, in settings: ServiceSettings) -> Int {
        let fallback = all.first { $0.name == name }?.fallback
        return (settings[name] ?? fallback).flatMap { Int($0) } ?? 0
    }

    private static func flaw(_ read: () throws(KeyFileError) -> Void) -> String? {
        do {
            try read()
            return nil
        } catch {
            return error.description
        }
    }
}
