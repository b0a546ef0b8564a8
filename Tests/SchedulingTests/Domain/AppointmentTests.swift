import FoundationEssentials
import Models
import SchedulingDomain
import Testing

@Suite struct AppointmentTests {
    static let start = Instant.at("2026-03-02T15:00:00Z")

    static func appointment(_ status: AppointmentStatus = .booked) -> Appointment {
        Appointment(
            id: AppointmentID(rawValue: UUID()), participantID: ParticipantID(rawValue: UUID()),
            peerID: PeerID(rawValue: UUID()), planID: nil, sequence: nil, referralID: nil,
            time: TimeSpan(from: start, until: start + .seconds(1800))!, mode: .inPerson, place: nil, status: status,
            cancellationReason: status == .cancelled ? .weather : nil, version: 1
        )
    }

    static let allowed: [AppointmentStatus: [Appointment.Step: AppointmentStatus]] = [
        .booked: [.arrive: .arrived, .cancel: .cancelled, .noShow: .noshow],
        .arrived: [.fulfil: .fulfilled],
    ]

    @Test("every step from every status", arguments: AppointmentStatus.allCases, Appointment.Step.allCases)
    func pairs(_ status: AppointmentStatus, _ step: Appointment.Step) {
        var appointment = Self.appointment(status)
        let target = Self.allowed[status]?[step]
        do {
            switch step {
            case .arrive: try appointment.arrive()
            case .fulfil: try appointment.fulfil()
            case .cancel: try appointment.cancel(.lackOfTransport)
            case .noShow: try appointment.noShow(at: Self.start + .seconds(900))
            }
            #expect(appointment.status == target)
        } catch {
            #expect(target == nil && error.code == .appointmentState && appointment.status == status)
        }
        #expect((appointment.status == .cancelled) == (appointment.cancellationReason != nil))
    }

    @Test("nobody is missing before the appointment has begun")
    func earlyNoShow() {
        var appointment = Self.appointment()
        #expect { try appointment.noShow(at: Self.start - .seconds(1)) } throws: {
            ($0 as? Refusal)?.code == .appointmentTime
        }
    }

    @Test("what was recorded of it moves the appointment", arguments: ContactOutcome.allCases)
    func recorded(_ outcome: ContactOutcome) throws {
        var appointment = Self.appointment()
        try appointment.contactRecorded(outcome, at: Self.start + .seconds(1800))
        let expected: AppointmentStatus =
            switch outcome {
            case .reached: .fulfilled
            case .noShow: .noshow
            case .notReached, .leftMessage, .declined: .booked
            }
        #expect(appointment.status == expected)
    }

    @Test("a booking lies ahead and lasts 5 minutes to 8 hours", arguments: [-3600, 299, 28_801])
    func refused(_ seconds: Int) throws {
        let now = seconds < 0 ? Self.start + .seconds(1) : Self.start - .seconds(1)
        let time = TimeSpan(from: Self.start, until: Self.start + .seconds(abs(seconds)))!
        #expect { () throws in
            _ = try Appointment(
                booking: AppointmentID(rawValue: UUID()), participantID: ParticipantID(rawValue: UUID()),
                peerID: PeerID(rawValue: UUID()), planID: nil, sequence: nil, referralID: nil, time: time, mode: .phone,
                place: nil, at: now
            )
        } throws: { ($0 as? Refusal)?.code == .appointmentTime }
    }
}
