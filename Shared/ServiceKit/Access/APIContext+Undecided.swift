internal import Confidentiality
internal import Hummingbird

/// A handler answered about people without asking who may see it: a mistake of ours, which must not go out.
struct UndecidedAnswer: Error, CustomStringConvertible {
    let operationID: String

    var description: String { "\(operationID) answered without a decision on record" }
}

extension APIContext {
    /// The mistake of this answer; nil where its route tells nothing about anybody, where the decision function was
    /// asked, and for refusals.
    func undecided(_ response: Response) -> UndecidedAnswer? {
        guard let route, !route.discloses.isEmpty, response.status.code < 400, access?.audited.isEmpty ?? true else {
            return nil
        }
        return UndecidedAnswer(operationID: route.operationID)
    }
}
