internal import HTTPTypes
internal import Models
internal import ServiceKit

extension Problem {
    /// 401: one answer for everything that may be wrong, which says nothing of what was right. Of an account that exists
    /// the audit trail has it.
    static func signInRefused(_ account: Account? = nil, _ agencyID: AgencyID? = nil) -> Problem {
        var denial = Denial(.signIn, participantIDs: [account?.participantID].compactMap(\.self), purpose: .operations)
        if let account, let agencyID { denial.principal = account.principal(in: agencyID) }
        return Problem(
            .unauthorized, type: "sign-in-refused", title: "Login, password or code is not right",
            detail: "After several attempts there are pauses, in which nothing is right.", denial: denial)
    }

    static let sessionEnded = Problem(
        .unauthorized, type: "session-ended", title: "The session is over", detail: "Sign in again.",
        denial: Denial(.invalidToken))

    static let passwordChangeNeeded = Problem(
        .forbidden, type: "password-change-needed", title: "Choose a password of your own first",
        detail: "POST /auth/password")

    static let secondFactorNeeded = Problem(
        .forbidden, type: "second-factor-needed", title: "This role needs a second factor",
        detail: "POST /auth/second-factor, then /auth/second-factor/confirm")

    static let secondFactorPresent = Problem.conflict(
        "second-factor-present", title: "The account has a second factor", detail: "An operator can reset the account.")
}
