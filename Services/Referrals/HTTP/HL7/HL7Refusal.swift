internal import HL7v2

/// Why a message that could be read is not taken: what the answer's `MSA` and `ERR` say.
struct HL7Refusal: Error, Sendable {
    let code: HL7Acknowledgement.Code
    let faults: [HL7Acknowledgement.Fault]

    /// It cannot be done as it was sent: all that is wrong, at once.
    init(_ faults: [HL7Acknowledgement.Fault]) {
        (code, self.faults) = (.error, faults)
    }

    /// It is not for us.
    static func unsupported(_ code: Int, at location: String, _ text: String) -> HL7Refusal {
        HL7Refusal(code: .rejected, faults: [.init(location: location, code: code, text: text)])
    }

    private init(code: HL7Acknowledgement.Code, faults: [HL7Acknowledgement.Fault]) {
        (self.code, self.faults) = (code, faults)
    }
}
