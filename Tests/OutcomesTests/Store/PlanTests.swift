import Models
import Postgres
import Testing

@testable import Outcomes
@testable import ServiceKit

/// Queries use their indexes as the service's own role, under row-level security, where only leakproof operators may,
/// on three years of an agency's history.
@Suite("Query plans")
struct PlanTests {
    private struct Case: Sendable {
        let statement: Statement
        let parameters: Int
        /// What an index condition must name.
        let conditions: [String]
    }

    private static let cases = [
        Case(statement: TimelineStatements.list, parameters: 5, conditions: ["participant_id"]),
        Case(statement: TimelineStatements.milestones, parameters: 3, conditions: ["participant_id"]),
        Case(statement: TimelineStatements.find, parameters: 2, conditions: ["event_id"]),
        Case(statement: AssessmentStatements.listOfParticipant, parameters: 6, conditions: ["participant_id"]),
        Case(statement: AssessmentStatements.answeredDays, parameters: 2, conditions: ["participant_id"]),
        Case(statement: AssessmentStatements.answers, parameters: 2, conditions: ["assessment_id"]),
        Case(statement: MeasureStatements.journeysByAcceptance, parameters: 3, conditions: ["accepted_at"]),
        Case(statement: MeasureStatements.journeysByReceipt, parameters: 3, conditions: ["received_at"]),
        Case(statement: MeasureStatements.contactsOfParticipants, parameters: 3, conditions: ["participant_id"]),
        Case(statement: MeasureStatements.plannedContacts, parameters: 3, conditions: ["due_at"]),
        Case(statement: RelationshipStore.known, parameters: 2, conditions: ["participant_id"]),
        Case(statement: RelationshipStore.assigned, parameters: 3, conditions: ["participant_id"]),
        Case(statement: DueStore.startOfSupport, parameters: 2, conditions: ["participant_id"]),
        Case(statement: ProgressReportStore.referrals, parameters: 2, conditions: ["participant_id"]),
        Case(statement: ProgressReportStore.latestScores, parameters: 2, conditions: ["participant_id"]),
        Case(statement: ProgressReportStore.latestPlan, parameters: 2, conditions: ["participant_id"]),
        Case(statement: ProgressReportStore.contactTally, parameters: 3, conditions: ["participant_id"]),
        Case(statement: ConsentProjection.find, parameters: 2, conditions: ["participant_id"]),
    ]

    @Test("each list and each measure reads by index, never a whole table")
    func usesIndexes() async throws {
        try await OutcomesFixture.with { fixture in
            try await fixture.observer.runScript(Self.history)
            try await fixture.observer.runScript(Self.planOf)
            for one in Self.cases {
                let lines = try await fixture.work { work in
                    try await work.transaction.query(Self.plan, one.statement.sql, one.parameters).map {
                        try $0.decode(String.self)
                    }
                }
                let plan = "\(one.statement.name)\n" + lines.joined(separator: "\n")
                // The registry of agencies has two rows here.
                let whole = lines.filter { $0.contains("Seq Scan") && !$0.contains("Seq Scan on agency") }
                #expect(whole == [], "\(plan)")
                for condition in one.conditions {
                    #expect(lines.contains { $0.contains("Index Cond") && $0.contains(condition) }, "\(plan)")
                }
            }
        }
    }

    private static let plan = Statement("test.plan", "select line from public.plan_of($1, $2) as line")

    /// The generic plan of a prepared statement, as the caller's role gets it.
    private static let planOf = """
        create function public.plan_of(sql text, parameters bigint) returns setof text
        language plpgsql
        as $function$
        begin
            set local plan_cache_mode = force_generic_plan;
            execute 'prepare planned as ' || sql;
            return query execute 'explain (costs off) execute planned('
                || array_to_string(array_fill('null'::text, array[parameters::integer]), ', ', 'null') || ')';
            deallocate planned;
        end
        $function$;
        grant execute on function public.plan_of to public;
        """

    /// 2,000 people over three years, each with a referral, a plan, ten contacts, six assessments, twenty events.
    private static let history = """
        insert into outcome.referral (
            agency_id, referral_id, participant_id, programme, received_at, accepted_at, accepted_version)
        select '\(AgencyID.north)', md5('r' || n)::uuid, md5('p' || n)::uuid, 'overdose-follow-up',
            timestamptz '2024-01-01' + n * interval '13 hours', timestamptz '2024-01-01' + n * interval '13 hours', 1
        from generate_series(1, 2000) as n;
        insert into outcome.plan (
            agency_id, plan_id, referral_id, participant_id, started_on, started_at, started_version)
        select agency_id, md5(referral_id::text)::uuid, referral_id, participant_id, accepted_at::date, accepted_at, 1
        from outcome.referral;
        insert into outcome.dispatch (agency_id, match_id, referral_id, participant_id, offered_at)
        select agency_id, gen_random_uuid(), referral_id, participant_id, accepted_at from outcome.referral;
        insert into outcome.contact (
            agency_id, contact_id, plan_id, participant_id, peer_id, mode, outcome, due_at, occurred_at, recorded_at,
            version)
        select agency_id, gen_random_uuid(), plan_id, participant_id, plan_id, 'phone', 'reached',
            started_at + n * interval '7 days', started_at + n * interval '6 days',
            started_at + n * interval '6 days', 1
        from outcome.plan, generate_series(1, 10) as n;
        insert into outcome.overdue_contact (agency_id, plan_id, sequence, participant_id, due_at)
        select agency_id, plan_id, 11, participant_id, started_at + interval '77 days' from outcome.plan;
        insert into outcome.timeline_event (
            agency_id, event_id, participant_id, kind, occurred_at, occurred_on, precision, source_tier, detail,
            recorded_at)
        select agency_id, gen_random_uuid(), participant_id, 'contact', started_at + n * interval '3 days',
            (started_at + n * interval '3 days')::date, 'instant', 'own-record', '{}', started_at
        from outcome.plan, generate_series(1, 20) as n;
        insert into outcome.assessment (
            agency_id, assessment_id, participant_id, instrument, instrument_version, language, mode, answered_at,
            answered_on, recorded_at, recorded_by, score_algorithm, score_algorithm_version, score, is_prorated,
            missing_items, cut_offs, version)
        select agency_id, gen_random_uuid(), participant_id, 'barc-10', 1, 'en', 'self',
            started_at + n * interval '90 days', (started_at + n * interval '90 days')::date,
            started_at + n * interval '90 days', 'x', 'sum', 1, 40, false, '{}', '{}', 1
        from outcome.plan, generate_series(1, 6) as n;
        insert into outcome.assessment_answer (agency_id, assessment_id, item, position, value)
        select agency_id, assessment_id, n::text, n, 4 from outcome.assessment, generate_series(1, 3) as n;
        insert into outcome.participant_merge (agency_id, participant_id, version, into_id)
        select '\(AgencyID.north)', md5('p' || n)::uuid, 1, md5('p' || n + 1)::uuid
        from generate_series(1, 2000) as n;
        insert into outcome.match (
            agency_id, match_id, referral_id, participant_id, peer_id, kind, accepted_at, version)
        select agency_id, gen_random_uuid(), referral_id, participant_id, participant_id, 'dispatch', accepted_at, 1
        from outcome.referral;
        insert into outcome.consent_terms (
            agency_id, consent_id, version, participant_id, kind, recipient_kind, purposes, data_classes, signed_at,
            is_deficient)
        select agency_id, gen_random_uuid(), 1, participant_id, 'disclosure', 'in-words', '{}', '{}', started_at, false
        from outcome.plan, generate_series(1, 3) as n;
        analyze;
        """
}
