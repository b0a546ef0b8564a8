internal import Crypto
internal import Models
internal import ReferralsDomain

/// A secret that an account shares with its owner's device, which makes a code of six digits of it every thirty seconds
/// (TOTP: RFC 6238, with HMAC-SHA-1, which is what the devices know).
struct TimeCode: Hashable, Sendable {
    let secret: [UInt8]

    static func new() -> TimeCode {
        TimeCode(secret: SymmetricKey(size: .init(bitCount: 160)).withUnsafeBytes { Array($0) })
    }

    /// The code of a step of thirty seconds (RFC 4226 §5.3).
    func code(step: Int64, digits: Int = 6) -> String {
        let counter = (0..<8).map { UInt8(truncatingIfNeeded: step >> Int64(56 - 8 * $0)) }
        let hash = Array(
            HMAC<Insecure.SHA1>.authenticationCode(for: counter, using: SymmetricKey(data: secret)))
        let offset = Int(hash[hash.count - 1] & 0xF)
        let word = hash[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        let modulus = (0..<digits).reduce(UInt32(1)) { product, _ in product * 10 }
        let text = String(word % modulus)
        return String(repeating: "0", count: digits - text.count) + text
    }

    /// The step whose code it is, this one or a neighbour, since clocks differ; nil for a wrong code, and for one that
    /// was used before or is older than that.
    func step(of code: String, at now: Instant, after used: Int64?) -> Int64? {
        let present = now.unixSeconds / 30
        return (present - 1...present + 1).first { step in
            step > used ?? .min && self.code(step: step) == code
        }
    }

    /// What a device reads from a picture: `otpauth://totp/…`.
    func url(login: LoginName) -> String {
        let name = login.description.utf8.map { byte in
            byte == UInt8(ascii: "@") ? "%40" : byte == UInt8(ascii: "+") ? "%2B" : String(UnicodeScalar(byte))
        }.joined()
        return "otpauth://totp/Handrail:\(name)?secret=\(Base32.encode(secret))&issuer=Handrail"
            + "&algorithm=SHA1&digits=6&period=30"
    }
}

/// Base 32 without padding (RFC 4648 §6).
enum Base32 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")

    static func encode(_ bytes: [UInt8]) -> String {
        var text = ""
        var (pending, bits) = (0, 0)
        for byte in bytes {
            pending = (pending << 8 | Int(byte)) & 0xFFFF
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(alphabet[pending >> bits & 31])
            }
        }
        if bits > 0 { text.append(alphabet[pending << (5 - bits) & 31]) }
        return text
    }
}
