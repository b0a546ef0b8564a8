import HTTPTypes
import SchedulingDomain
import ServiceKit
import Testing

@testable import Scheduling

@Suite struct OpenAPITests {
    @Test("the OpenAPI document describes the routes")
    func drift() async throws {
        try await SchedulingFixture.with { fixture in
            let differences = try OpenAPIDrift.differences(
                document: schedulingDocument, routes: fixture.routes.declared
            )
            #expect(differences == [])
        }
    }

    @Test("every route says what it discloses, and only these say nothing about a person")
    func disclosures() async throws {
        try await SchedulingFixture.with { fixture in
            let silent = Set(fixture.routes.declared.filter(\.discloses.isEmpty).map(\.operationID))
            #expect(silent == ["listProgrammes", "readAvailability", "replaceAvailability"])
        }
    }

    @Test("every code of a refusal has a status and a title of its own")
    func refusals() {
        let problems = Refusal.Code.allCases.compactMap { SchedulingProblems.problem(Refusal($0, "because")) }
        #expect(Set(problems.map(\.type)).count == Refusal.Code.allCases.count)
        #expect(Set(problems.map(\.title)).count == Refusal.Code.allCases.count)
        #expect(problems.allSatisfy { $0.status == .conflict || $0.status == .unprocessableContent })
    }
}
