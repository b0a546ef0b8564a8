import Models
import Postgres
import Testing

@testable import Outcomes

/// Queries use their indexes as the service's own role, under row-level security: only leakproof operators may.
@Suite("Query plans")
struct PlanTests {
    private struct Case: CustomTestStringConvertible, Sendable {
        let statement: Statement
        let parameters: Int
        /// What an index condition must name.
        let conditions: [String]
        var testDescription: String { statement.name }
    }

    private static let cases = [
        Case(statement: TimelineStatements.list, parameters: 5, conditions: ["participant_id", "occurred_at"]),
        Case(statement: TimelineStatements.milestones, parameters: 3, conditions: ["participant_id"]),
        Case(statement: TimelineStatements.find, parameters: 2, conditions: ["event_id"]),
        Case(
            statement: AssessmentStatements.listOfParticipant, parameters: 6,
            conditions: ["participant_id", "answered_at"]),
        Case(statement: AssessmentStatements.answeredDays, parameters: 2, conditions: ["participant_id"]),
        Case(statement: AssessmentStatements.answers, parameters: 2, conditions: ["assessment_id"]),
        Case(statement: MeasureStatements.journeysByAcceptance, parameters: 3, conditions: ["accepted_at"]),
        Case(statement: MeasureStatements.journeysByReceipt, parameters: 3, conditions: ["received_at"]),
        Case(statement: MeasureStatements.contactsOfParticipants, parameters: 3, conditions: ["participant_id"]),
        Case(statement: MeasureStatements.plannedContacts, parameters: 3, conditions: ["due_at"]),
    ]

    @Test("each list and each measure reads by index, never a whole table", arguments: cases)
    private func usesIndex(_ one: Case) async throws {
        try await OutcomesFixture.with { fixture in
            try await fixture.observer.runScript(Self.planOf)
            let lines = try await fixture.work { work in
                try await work.transaction.query(Self.plan, one.statement.sql, one.parameters).map {
                    try $0.decode(String.self)
                }
            }
            let plan = lines.joined(separator: "\n")
            // The registry of agencies has a row or two for each, and is read by its key where it pays.
            #expect(!lines.contains { $0.contains("Seq Scan") && !$0.contains("Seq Scan on agency") }, "\(plan)")
            for condition in one.conditions {
                #expect(lines.contains { $0.contains("Index Cond") && $0.contains(condition) }, "\(plan)")
            }
        }
    }

    private static let plan = Statement("test.plan", "select line from public.plan_of($1, $2) as line")

    /// The generic plan of a prepared statement, as the caller's role sees it. Small test tables would be read whole for
    /// that reason alone, so that is made expensive; an index that may not be used is not used all the same.
    private static let planOf = """
        create function public.plan_of(sql text, parameters bigint) returns setof text
        language plpgsql
        as $function$
        begin
            set local enable_seqscan = off;
            set local plan_cache_mode = force_generic_plan;
            execute 'prepare planned as ' || sql;
            return query execute 'explain (costs off) execute planned('
                || array_to_string(array_fill('null'::text, array[parameters::integer]), ', ') || ')';
            deallocate planned;
        end
        $function$;
        grant execute on function public.plan_of to public;
        """
}
