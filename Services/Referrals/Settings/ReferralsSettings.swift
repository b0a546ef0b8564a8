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

    /// File with how long a referral may wait: ``ReferralsDomain/ResponseTimes``.
    public static let responseTimes = "HANDRAIL_REFERRALS_RESPONSE_TIMES_FILE"

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
    ]

    private static func flaw(_ read: () throws(KeyFileError) -> Void) -> String? {
        do {
            try read()
            return nil
        } catch {
            return error.description
        }
    }
}
