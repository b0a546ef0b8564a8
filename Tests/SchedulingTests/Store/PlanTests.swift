import MessageTable
import Models
import Postgres
import Testing

@testable import Scheduling

/// Every filter has an index that row-level security lets it use: held as the service's own login, with the generic
/// plan that a prepared statement settles for.
@Suite struct PlanTests {
    static let statements: [Statement] = [
        PlanStatements.find, PlanStatements.findForUpdate, PlanStatements.phases, PlanStatements.contacts,
        PlanStatements.outreach, PlanStatements.update, PlanStatements.reassignContacts, PlanStatements.live,
        PlanStatements.liveOfParticipant, PlanStatements.agencyZone, PlanStatements.tally,
        PlanStatements.recurrenceExists, PlanQueries.ofParticipant, PlanQueries.ofPeer, PlanQueries.all,
        PlanQueries.isSupported, PlanQueries.newestLive, ContactQueries.dueOfPeer, ContactQueries.dueOfAgency,
        ContactQueries.ofParticipant,
        ContactQueries.find, ContactStore.ofMatch, AppointmentStatements.find, AppointmentStatements.findForUpdate,
        AppointmentStatements.update, AppointmentStatements.liveOfPlan, AppointmentStatements.busyPeer,
        AppointmentStatements.busyParticipant, AppointmentStatements.ofPeer, AppointmentStatements.ofParticipant,
        AppointmentStatements.all, AvailabilityStore.find, AvailabilityStore.rules, AvailabilityStore.absences,
        AvailabilityStore.deleteRules, AvailabilityStore.deleteAbsences, ReferralMatchStore.find,
        ReferralMatchStore.anyStands, ReferralMatchStore.referralsOfPlan,
    ]

    /// Statements whose whole filter must be in the index, with the column that shows it.
    static let bounds: [(Statement, String)] = [
        (AppointmentStatements.liveOfPlan, "plan_id"), (AppointmentStatements.busyPeer, "starts_at"),
        (AppointmentStatements.busyParticipant, "starts_at"), (AppointmentStatements.ofPeer, "starts_at"),
        (PlanStatements.live, "programme"), (PlanQueries.isSupported, "participant_id"),
        (PlanQueries.ofPeer, "started_at"), (ContactQueries.dueOfPeer, "due_until"),
        (ContactQueries.dueOfAgency, "due_until"), (ContactQueries.ofParticipant, "occurred_at"),
        (PlanQueries.ofParticipant, "participant_id"), (PlanQueries.newestLive, "participant_id"),
        (PlanStatements.live, "participant_id"), (PlanStatements.liveOfParticipant, "participant_id"),
        (AppointmentStatements.ofParticipant, "starts_at"), (AppointmentStatements.insert, "starts_at"),
        (ContactQueries.ofParticipant, "participant_id"),
        (ReferralMatchStore.referralsOfPlan, "plan_id"), (ContactStore.ofMatch, "match_id"),
    ]

    @Test("no statement reads a whole table, and each begins with its agency")
    func plans() async throws {
        try await SchedulingFixture.with { fixture in
            try await fixture.observer.runScript(Self.function)
            try await fixture.observer.runScript(Self.rows)
            for statement in Self.statements {
                let lines = try await plan(of: statement, fixture)
                let plan = lines.joined(separator: "\n")
                #expect(!plan.contains("Seq Scan on"), "\(statement.name):\n\(plan)")
                let scans = lines.count {
                    $0.contains("Index") && $0.contains("Scan") && !$0.contains("Bitmap Heap")
                }
                let byAgency = lines.count { $0.contains("Index Cond: ") && $0.contains("agency_id") }
                #expect(scans > 0 && byAgency == scans, "\(statement.name):\n\(plan)")
            }
            for (statement, column) in Self.bounds {
                let lines = try await plan(of: statement, fixture)
                let bounded = lines.contains { $0.contains("Index Cond: ") && $0.contains(column) }
                #expect(bounded, "\(statement.name):\n\(lines.joined(separator: "\n"))")
            }
        }
    }

    @Test("due lists walk their index in order, without sorting")
    func order() async throws {
        try await SchedulingFixture.with { fixture in
            try await fixture.observer.runScript(Self.function)
            for statement in [
                ContactQueries.dueOfPeer, ContactQueries.dueOfAgency, PlanQueries.ofPeer, PlanQueries.all,
            ] {
                let plan = try await plan(of: statement, fixture).joined(separator: "\n")
                #expect(!plan.contains("Sort"), "\(statement.name):\n\(plan)")
            }
        }
    }

    private func plan(of statement: Statement, _ fixture: SchedulingFixture) async throws -> [String] {
        try await fixture.service.transaction(for: fixture.agency) { transaction in
            try await transaction.query(Self.explain, statement.sql).map { try $0.decode(String.self) }
        }
    }

    private static let explain = Statement("test.explain", "select plan from public.plan_of($1) as plan")

    /// Rows of one agency, 40 peers and 3,000 participants, so that an index on more than the agency is worth its while.
    private static let rows = """
        insert into scheduling.plan (
            agency_id, plan_id, participant_id, referral_id, peer_id, programme, programme_version, option, time_zone,
            status, phase, started_at, version
        )
        select agency_id, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), md5((n % 40)::text)::uuid,
            'overdose-follow-up', 1, 'eight-weeks', 'UTC', 'active', 'follow-up', now() - n * interval '1 hour', 1
        from handrail.agency, generate_series(1, 3000) as n;
        insert into scheduling.planned_contact (
            agency_id, plan_id, sequence, peer_id, phase, purpose, due_on, due_from, due_until, status
        )
        select agency_id, plan_id, n, peer_id, phase, 'contact', '2026-01-01', started_at + n * interval '1 day',
            started_at + (n + 1) * interval '1 day', 'planned'
        from scheduling.plan, generate_series(1, 4) as n;
        insert into scheduling.referral_match (agency_id, referral_id, participant_id, match_id, plan_id)
        select agency_id, referral_id, participant_id, gen_random_uuid(), plan_id from scheduling.plan;
        insert into scheduling.appointment (
            agency_id, appointment_id, participant_id, peer_id, plan_id, sequence, starts_at, ends_at, mode, status,
            booked_at, changed_at, version
        )
        select agency_id, gen_random_uuid(), md5(peer_id::text || extract(day from started_at))::uuid, peer_id, plan_id,
            1, started_at, started_at + interval '1 hour', 'phone', 'booked', started_at, started_at, 1
        from scheduling.plan;
        insert into scheduling.contact (
            agency_id, contact_id, plan_id, participant_id, peer_id, match_id, mode, outcome, with_supports,
            support_types, occurred_at, recorded_at, recorded_by, version
        )
        select agency_id, gen_random_uuid(), plan_id, participant_id, peer_id, gen_random_uuid(), 'phone', 'reached',
            false, '{}', started_at, started_at, 'test', 1
        from scheduling.plan;
        insert into scheduling.participant_merge (agency_id, participant_id, version, into_id)
        select agency_id, participant_id, 1, gen_random_uuid() from scheduling.plan where started_at < now() - interval '2 hours'
        limit 300;
        analyze
        """

    /// Explains a statement with parameters as the calling role. Empty tables would be read whole for want of rows, so
    /// only what has no index at all still is.
    private static let function = """
        create function public.plan_of(statement text) returns setof text language plpgsql as $body$
        declare
            parameters integer;
        begin
            set local enable_seqscan = off;
            set local plan_cache_mode = force_generic_plan;
            execute 'prepare explained as ' || statement;
            select cardinality(parameter_types) into parameters from pg_prepared_statements where name = 'explained';
            return query execute 'explain execute explained' || case when parameters = 0 then '' else
                '(' || array_to_string(array_fill('null'::text, array[parameters]), ', ') || ')' end;
            deallocate explained;
        end
        $body$
        """
}
