import FoundationEssentials
import Models
import PeerMatchingDomain
import TestKit
import Testing

struct PolicyTests {
    @Test("the policy that comes with Handrail follows its schema and its own rules")
    func standardPolicy() throws {
        let policy = try Policy.standard()
        #expect(policy.faults().isEmpty)
        #expect(try JSONSchema(Policy.schema).faults(in: Array(JSONEncoder().encode(policy))) == [])
    }

    @Test("an emergency is one by its setting or by its priority")
    func emergencies() throws {
        let policy = try Policy.standard()
        #expect(policy.isEmergency(setting: .emergencyDepartment, priority: .routine))
        #expect(policy.isEmergency(setting: .streetOutreach, priority: .stat))
        #expect(policy.isEmergency(setting: .inpatient, priority: .asap))
        #expect(!policy.isEmergency(setting: .inpatient, priority: .urgent))
        #expect(!policy.isEmergency(setting: Setting(rawValue: "unheard-of"), priority: .routine))
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        let pointer: String
        let testDescription: String
        let change: @Sendable (inout Policy) -> Void

        init(_ pointer: String, _ name: String, _ change: @escaping @Sendable (inout Policy) -> Void) {
            self.pointer = pointer
            self.testDescription = name
            self.change = change
        }
    }

    @Test(
        "a policy that cannot work is refused, with a pointer to the place",
        arguments: [
            Wrong("/weights", "weights over 100") { $0.weights.pathway += 1 },
            Wrong("/weights", "a negative weight") {
                $0.weights.substance = -5
                $0.weights.justice += 10
            },
            Wrong("/dispatch/rounds", "nobody to ask") { $0.dispatch.rounds = [] },
            Wrong("/dispatch/rounds", "no supervisor at the end") { $0.dispatch.rounds.removeLast() },
            Wrong("/dispatch/rounds/0/waitMinutes", "a round before the last that waits for ever") {
                $0.dispatch.rounds[0].waitMinutes = nil
            },
            Wrong("/dispatch/arriveMinutes", "no time to arrive") { $0.dispatch.arriveMinutes = 0 },
            Wrong("/load/initialWeight", "people without weight") { $0.load.initialWeight = 0 },
            Wrong("/rota/restHours", "negative rest") { $0.rota.restHours = -1 },
        ]
    )
    func refused(_ wrong: Wrong) throws {
        var policy = try Policy.standard()
        wrong.change(&policy)
        #expect(policy.faults().map(\.pointer).contains(wrong.pointer))
    }

    @Test("there is no weight for race, and a policy that brings one does not follow the schema")
    func noRace() throws {
        let text = try #require(String(bytes: JSONEncoder().encode(try Policy.standard()), encoding: .utf8))
        let tampered = text.replacing("\"availability\":15", with: "\"availability\":10,\"race\":5")
        #expect(tampered != text)
        #expect(try JSONSchema(Policy.schema).faults(in: Array(tampered.utf8)) == ["/weights/race: not allowed"])
        for word in ["race", "ethnic"] {
            #expect(!Disclosure.Kind.allCases.contains { $0.rawValue.contains(word) })
            #expect(!Reason.Code.allCases.contains { $0.rawValue.contains(word) })
        }
    }
}
