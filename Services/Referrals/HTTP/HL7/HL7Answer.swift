internal import FoundationEssentials
internal import HL7v2
internal import HTTPTypes
internal import Hummingbird
internal import Models
internal import NIOCore
internal import ReferralsDomain
internal import ServiceKit

/// Answers in HL7 v2: an acknowledgement always, with the HTTP status that says the same.
struct HL7Answer: Sendable {
    static let mediaType = "application/hl7-v2"

    /// What is answered; nil where it could not be read.
    let message: HL7Message?
    let controlID: String
    let instant: Instant

    /// A number for an answer: at most 20 characters (HL7 v2.5.1), those of an id that differ.
    static func controlID(_ ids: IDSource) -> String { String(ids.uuid().uuidString.suffix(20)) }

    func faults(_ refusal: HL7Refusal) -> Response {
        response(
            HL7Acknowledgement(refusal.code, faults: refusal.faults),
            status: refusal.code == .error ? .unprocessableContent : .badRequest)
    }

    func unreadable(_ fault: HL7Fault) -> Response {
        response(
            HL7Acknowledgement(.rejected, faults: [.init(code: 100, text: fault.description)]), status: .badRequest)
    }

    /// Taken, and nothing more to say.
    func accepted() -> Response { response(HL7Acknowledgement(.accepted), status: .ok) }

    /// How a referral stands (`RRI`): the sender's own number and patient, our number, and accepted or not (table 0283).
    func referral(_ view: SenderView, number: String, event: String) -> Response {
        let status =
            switch view.status {
            case .draft, .requested: "P"
            case .rejected, .cancelled, .enteredInError: "R"
            default: "A"
            }
        let request = message?.first("RF1")
        func echo(_ segment: HL7Segment?, _ field: Int, _ components: Int) -> [String] {
            (1...components).map { segment?.text(field, $0) ?? "" }
        }
        let asked = [
            HL7Line(
                "RF1",
                [
                    [status], echo(request, 2, 1), echo(request, 3, 1), [], [], echo(request, 6, 4), [], [],
                    [HL7Line.stamp(instant)], view.statusReason.map { ["", $0] } ?? [], [number, "HANDRAIL"],
                ])
        ]
        let providers = (message?.all("PRD") ?? []).map { HL7Line("PRD", [echo($0, 1, 2), echo($0, 2, 2)]) }
        let patient = message?.first("PID").map {
            HL7Line("PID", [["1"], [], echo($0, 3, 5), [], echo($0, 5, 2)])
        }
        return response(
            HL7Acknowledgement(.accepted), type: ["RRI", event, "RRI_I12"], status: .ok,
            more: asked + providers + (patient.map { [$0] } ?? []))
    }

    /// A problem of any part of the service. What may be tried again is rejected, not an error (table 0008).
    func problem(_ problem: Problem) -> Response {
        let isPassing = [429, 503].contains(problem.status.code) || problem.status.code >= 500
        let isUnknown = [400, 401, 403, 404, 413, 415].contains(problem.status.code)
        var faults = problem.errors.map { HL7Acknowledgement.Fault(code: 102, text: "\($0.pointer): \($0.detail)") }
        if faults.isEmpty {
            let text = [problem.title, problem.detail].compactMap(\.self).joined(separator: ": ")
            faults = [.init(code: problem.status.code == 409 ? 205 : 207, text: text)]
        }
        return response(
            HL7Acknowledgement(isPassing || isUnknown ? .rejected : .error, faults: faults), status: problem.status)
    }

    private func response(
        _ acknowledgement: HL7Acknowledgement, type: [String]? = nil, status: HTTPResponse.Status, more: [HL7Line] = []
    ) -> Response {
        let bytes = acknowledgement.message(
            to: message, type: type, controlID: controlID, at: instant, more: more)
        return Response(
            status: status, headers: [.contentType: "\(Self.mediaType); charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
