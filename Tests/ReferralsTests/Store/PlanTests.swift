import MessageTable
import Models
import Postgres
import TestKit
import Testing

@testable import Referrals

@Suite("Query plans under row-level security")
struct PlanTests {
    /// The statements that are asked often, with values of their types after the agency.
    static let statements: [(Statement, String)] = [
        (.loadReferrals, "array[\(uuid)]::uuid[]"), (.participantOfReferral, uuid), (.referralsOfCase, uuid),
        (.referralsOfEngagement, uuid), (.referralsOfPerson, "array[\(uuid)]::uuid[]"),
        (.readReferral, "\(uuid), \(audit)"),
        (.listReferrals, "\(uuid), 50, \(audit)"), (.listReferralsByStatus, "'requested', \(uuid), 50, \(audit)"),
        (.listAwaitingClosing, "\(uuid), 50"),
        (.listOverdue, "'2026-01-01', '2026-01-01', \(uuid), null, 51"), (.findAwaited, uuid),
        (.listShown, "\(uuid), '2026-01-01', \(uuid), 50"),
        (.listShownByStatus, "\(uuid), '{accepted}', '2026-01-01', \(uuid), 50"),
        (.findPlacer, "'client', '{1}', '{ab}'"), (.listTransitions, uuid), (.findParticipant, uuid),
        (.lockParticipant, uuid), (.possibleDuplicates, uuid), (.pageOfParticipants, "\(uuid), 50"),
        (.lookUpBlindIndex, "'{identifier}', '{1}', '{ab}'"), (.listConsents, "array[\(uuid)]::uuid[]"),
        (.findPerson, uuid), (.lockPerson, uuid), (.lockTwoPeople, "\(uuid), \(uuid)"), (.groupOf, uuid),
        (.mergeState, uuid), (.listMerges, "array[\(uuid)]::uuid[]"), (.listRestrictions, "array[\(uuid)]::uuid[]"),
        (.listAmendments, "array[\(uuid)]::uuid[]"),
        (.listDisclosures, "array[\(uuid)]::uuid[], '2026-01-01', '2026-01-01', \(uuid), 50"),
        (.pageOfConsents, "\(uuid), 200"), (.listConsentsOfSeveral, "array[\(uuid)]::uuid[]"),
        (.openEngagements, "array[\(uuid)]::uuid[]"),
        (.findEngagement, uuid),
        (.isAssigned, "\(uuid), \(uuid)"), (.findAliases, "\(uuid), array[\(uuid)]::uuid[]"),
        (.resolveOtherAlias, "\(uuid), \(uuid)"), (.findKeptNumber, "\(uuid), '{1}', '{ab}', '2026-01-01'"),
        (.findReferredByIdentifier, "\(uuid), '{identifier}', '{1}', '{ab}'"),
        (.findKept, "\(uuid), 'Patient', \(uuid), '2026-01-01'"),
        (.lockKept, "\(uuid), 'Patient', \(uuid), '2026-01-01'"),
        (.takeKept, "\(uuid), \(uuid), 'Consent', '2026-01-01'"), (.extendKept, "\(uuid), \(uuid), '2026-01-01'"),
        (.forgetKept, "\(uuid), '2026-01-01'"), (.forgetKeptNumbers, "\(uuid), '2026-01-01'"),
        (.resolveAlias, "\(uuid), 'task', \(uuid)"), (.resolveAliases, "\(uuid), 'task', array[\(uuid)]::uuid[]"),
        (.listSubscriptions, uuid), (.lockPartner, uuid), (.isClientActive, "\(uuid), 'x'"),
        (.pageOfReceived, "\(uuid), 'Task', \(uuid), 50"), (.findListeners, uuid), (.findMail, uuid),
        (.findSubscription, uuid),
        (.findSubscriptionEvent, "\(uuid), \(uuid)"), (.listSubscriptionEvents, "\(uuid), 1, 100, 50"),
        (.findReceived, "\(uuid), 'Patient', \(uuid)"),
        (.listReceived, "\(uuid), \(uuid)"), (.engagementOfPlan, uuid), (.listShownVersions, uuid),
        (.kindsOfSenders, "array[\(uuid)]::uuid[]"),
        (.findAccountByLogin, "'{1}', '{ab}'"), (.lockAccount, uuid), (.listAccounts, "\(uuid), 50"),
        (.lockAttempt, "'ab'"), (.lockSessionByToken, "'ab'"), (.listSessions, "\(uuid), '2026-01-01'"),
        (.candidates, "'{phone,birth_date}', '{1,1}', '{ab,cd}', 51"), (.listOpenIdentityReviews, "\(uuid), 51"),
        (.listIdentityReviewsOf, "array[\(uuid)]::uuid[], \(uuid), 51"), (.participantsOfReview, uuid),
        (.lockIdentityReview, uuid),
        (.countHookFeedback, "'2026-01-01', '2026-01-31'"),
        (.listSuggestions, "'open', \(uuid), 51"), (.readSuggestion, uuid), (.lockSuggestion, uuid),
        (.lockSuggestionOfVisit, "\(uuid), '{ab}'"),
        (
            .findDirectoryNear,
            "'{service,meeting/na}', '{100,200}', '{110,210}', 40, -75, 25, '2026-01-01', 'UTC', '{}', null, false, null, "
                + "false, null, null, 51, null"
        ),
        (
            .findDirectoryNear,
            "'{service,meeting/na}', '{100,200}', '{110,210}', 40, -75, 25, '2026-01-01', 'UTC', '{}', null, false, 0, "
                + "false, null, null, 51, '{-1,10}'"
        ),
        (.startHours, "'2026-01-01', 'UTC', 0"), (.readFoundEntries, "array[\(uuid)]::uuid[], '2026-01-01', 'UTC'"),
        (.findDirectoryOnline, "'{meeting/na}', '2026-01-01', 'UTC', '{}', null, null, \(uuid), 51"),
        (.findDirectoryEntry, uuid),
        (.listDirectoryFlags, "\(uuid), 'closed', 51"), (.assureDirectoryEntry, "\(uuid), '2026-01-01'"),
        (.settleDirectoryFlags, "\(uuid), '2026-01-01', 'x'"), (.listDirectoryDigests, uuid),
        (.listDirectoryMeetings, "'meeting/na', 100"),
        (.findResidences, "array[\(uuid)]::uuid[]"), (.lockResidence, uuid), (.listResidences, "\(uuid), 51"),
        (.countBeds, "array[\(uuid)]::uuid[], '2026-01-01'"), (.hasBeds, uuid), (.findBed, uuid), (.lockBed, uuid),
        (
            .searchResidences,
            "'{100,200}', '{110,210}', 40, -75, 25, '{P}', '{any/single}', '{methadone}', false, 20000, true, "
                + "'2026-01-01', null, null, 51"
        ),
        (.listBeds, "\(uuid), \(uuid), 51"), (.isBedTaken, uuid), (.lockPlacement, uuid),
        (.lockOverdueHold, "\(uuid), '2026-01-01'"), (.placementsBeside, "array[\(uuid)]::uuid[]"),
        (.listBedStays, "array[\(uuid)]::uuid[]"), (.forgetBedStays, uuid),
        (.findPlacements, "array[\(uuid)]::uuid[], '2026-01-01'"),
        (.listPlacementsOfPerson, "array[\(uuid)]::uuid[], \(uuid), 51"),
        (.listPlacementsOfResidence, "\(uuid), 'moved-in', \(uuid), 51"),
        (.listWaiting, "\(uuid), 100, '2026-01-01', \(uuid), '{any/single}', 51"),
        (.positionsOfPlacements, "array[\(uuid)]::uuid[]"), (.listPlacementTransitions, uuid),
        (.listDirectoryImports, "\(uuid), \(uuid), 51"), (.readDirectoryImport, "\(uuid), \(uuid)"),
        (.findNeed, uuid), (.lockNeed, uuid), (.listNeeds, "array[\(uuid)]::uuid[], \(uuid), 51"),
        (.findLinkage, uuid), (.lockLinkage, uuid), (.listLinkages, "array[\(uuid)]::uuid[], \(uuid), 51"),
        (.listLinkageChanges, uuid), (.listLinkageChecks, "array[\(uuid)]::uuid[]"),
        (.listRides, "array[\(uuid)]::uuid[]"), (.markChecksDue, "\(uuid), '2026-01-01'"), (.nextCheck, uuid),
        (.dropLinkageChecks, uuid), (.dropLinkageChecksOfParticipant, uuid),
        (.listDueChecks, "'2026-01-01', \(uuid), 7, 51"),
        (.listDueChecksOfPeer, "'2026-01-01', \(uuid), 7, 51, \(uuid)"), (.participantOfCoverage, uuid),
        (.listBedsideVisits, "array[\(uuid)]::uuid[]"), (.listDispatchVisits, "array[\(uuid)]::uuid[]"),
        (.settleEightWeeks, "\(uuid), null"), (.settleEightWeeksOfParticipant, "\(uuid), '2026-01-01'"),
        (.listEightWeeks, "'2026-01-01', '2026-01-01', \(uuid), 51"),
        (.listEightWeeksOfPeer, "'2026-01-01', '2026-01-01', \(uuid), 51, \(uuid)"),
        (.listReachPlans, "array[\(uuid)]::uuid[]"), (.dropReachPlan, uuid),
        (.listCoverages, "array[\(uuid)]::uuid[]"), (.findNaloxoneKit, uuid),
        (.listNaloxoneKits, "'2026-01-01', \(uuid), 51"), (.findReversal, uuid),
        (.listNaloxoneKitsOfPerson, "array[\(uuid)]::uuid[], 51"),
        (.listReversalsOfPerson, "array[\(uuid)]::uuid[], 51"),
        (.listReversals, "'2026-01-01', \(uuid), 51"), (.findFund, uuid), (.lockFund, uuid),
        (.listFundKinds, "array[\(uuid)]::uuid[]"), (.findSpending, uuid), (.lockSpending, uuid),
        (.lockReservedOf, uuid), (.listSpendings, "array[\(uuid)]::uuid[], \(uuid), 51"),
        (.listSpendingsOfFund, "\(uuid), \(uuid), 51"), (.changeFundPersons, "\(uuid), 'food', 1"),
        (.commitFundPerson, "\(uuid), \(uuid), 'food', 1, 1, array[\(uuid)]::uuid[]"),
        (.giveBackFundPerson, "\(uuid), \(uuid), '{food}', 1"),
        (.pageOfPerson, "array[\(uuid)]::uuid[], \(uuid), 50"),
        (.listOnwardOfReferral, "\(uuid), \(uuid), 50"), (.listOnward, "'sent', \(uuid), 50"),
        (.knownOutsideTasks, "\(uuid), '{t1,t2}'"), (.outsideTaskOfReferral, uuid),
        (.referralOfOutsideTask, "\(uuid), 't1'"),
    ]
    /// What a statement needs that writes its own audit row.
    static let audit =
        "\(uuid), 'somebody', 'coordinator', null, 'operation', 'TREAT', '{referral}', '2026-11', 'request'"
    static let uuid = "'00000000-0000-0000-0000-000000000001'"

    @Test(
        "on an agency of years, every statement that is asked often goes straight to its rows, as the service's own login"
    )
    func indexed() async throws {
        try await Referring.with { referring in
            try await referring.fixture(Self.years(of: referring.agencyID))
            try await referring.database.withPool(login: "referrals", connections: 1) { pool in
                for (statement, values) in Self.statements {
                    let plan = try await Self.plan(of: statement, values, in: pool, agency: referring.agencyID)
                    #expect(!plan.contains("Seq Scan"), "\(statement.name)\n\(plan)")
                    // An index that only leads to the agency would filter all of its rows by the id that is asked for.
                    // Of one participant's engagements and one referral's resources there are only a few.
                    if [.isAssigned, .listReceived, .listDueChecksOfPeer, .listEightWeeksOfPeer].contains(statement) {
                        continue
                    }
                    let filters = plan.split(separator: "\n").filter { line in
                        line.contains("Filter: ") && !line.contains("One-Time")
                            && (line.contains("_id = ") || line.contains("hmac = "))
                    }
                    #expect(filters.isEmpty, "\(statement.name)\n\(plan)")
                }
            }
        }
    }

    /// The generic plan: the one that a prepared statement settles on.
    private static func plan(
        of statement: Statement, _ values: String, in pool: Pool, agency: AgencyID
    ) async throws -> String {
        // A statement's text is known when the program is built, so a temporary table carries the plan's lines.
        let name = "under_test_" + statement.name.map { $0.isLetter ? $0 : "_" }
        try await pool.runScript(
            """
            set plan_cache_mode = force_generic_plan;
            select set_config('handrail.agency_id', '\(agency)', false);
            prepare \(name) as \(statement.sql);
            drop table if exists plan_lines;
            create temporary table plan_lines (line text);
            do $do$
            declare line text;
            begin
                for line in execute $q$explain (costs off) execute \(name)('\(agency)', \(values))$q$ loop
                    insert into plan_lines values (line);
                end loop;
            end $do$;
            deallocate \(name)
            """
        )
        let rows = try await pool.query(Statement("test.plan", "select string_agg(line, E'\\n') from plan_lines"))
        return try rows.first?.decode(String.self) ?? ""
    }

    /// 5,000 participants with two referrals each, under five partners.
    private static func years(of agency: AgencyID) -> String {
        """
        create function pg_temp.id(kind integer, number integer) returns uuid immutable language sql as
          $$ select md5(kind || '/' || number)::uuid $$;
        insert into referral.partner
          (agency_id, partner_id, version, name, kind, intake_policy, status, created_at, changed_at)
        select '\(agency)', pg_temp.id(0, n), 1, 'Partner ' || n, 'hospital', 'auto', 'active', now(), now()
        from generate_series(0, 800) n;
        insert into referral.partner_mail (agency_id, partner_id, addresses, changed_at, changed_by)
        select '\(agency)', pg_temp.id(0, n), 'x', now(), 'x' from generate_series(0, 800) n;
        insert into referral.participant
          (agency_id, participant_id, version, data_key, data_key_ring_id, phone_is_safe, registered_at, changed_at)
        select '\(agency)', pg_temp.id(1, n), 1, 'x', 'one', false, now(), now() from generate_series(1, 5000) n;
        insert into referral.kept_resource
          (agency_id, partner_id, kind, alias_id, patient_id, version, content, kept_at, expires_at)
        select '\(agency)', pg_temp.id(0, n % 800), 'Patient', pg_temp.id(14, n), pg_temp.id(14, n), 1, 'x', now(),
          now() + n * interval '1 minute'
        from generate_series(1, 5000) n;
        insert into referral.kept_number (agency_id, partner_id, key_version, hmac, alias_id, expires_at)
        select '\(agency)', pg_temp.id(0, n % 800), 1, rpad(md5('kept' || n), 64, '0'), pg_temp.id(14, n),
          now() + n * interval '1 minute'
        from generate_series(1, 5000) n;
        insert into referral.partner_other_alias (agency_id, partner_id, alias_id, participant_id)
        select '\(agency)', pg_temp.id(0, n % 800), pg_temp.id(15, n), pg_temp.id(1, n) from generate_series(1, 5000) n;
        insert into referral.participant_blind_index (agency_id, kind, key_version, hmac, participant_id)
        select '\(agency)', kind, 1, rpad(md5(kind || n), 64, '0'), pg_temp.id(1, n)
        from generate_series(1, 5000) n,
          unnest('{identifier,name_birth_date,phone,name_birth_year_phonetic,name_phonetic,birth_date}'::text[]) kind;
        insert into referral.consent
          (agency_id, consent_id, participant_id, version, kind, discloser, information, recipient_kind,
           recipient_partner_id, purpose, explains_revocation, signed_by, signature_method, signed_at,
           warns_of_redisclosure, recorded_at, recorded_by)
        select '\(agency)', pg_temp.id(2, n), pg_temp.id(1, n), 1, 'disclosure', 'x', '{referral}', 'partner',
          pg_temp.id(0, n % 5), 'treatment', true, 'participant', 'paper', now(), false, now(), 'x'
        from generate_series(1, 5000) n;
        insert into referral.restriction_terms
          (agency_id, restriction_id, version, participant_id, recipient_kind, recipient, data_classes, purposes)
        select '\(agency)', pg_temp.id(9, n), 1, pg_temp.id(1, n), 'person', 'person-' || n, '{}', '{}'
        from generate_series(1, 5000) n;
        insert into referral.restriction
          (agency_id, restriction_id, version, participant_id, recipient_kind, data_classes, purposes, paid_in_full,
           status, requested_at, requested_by)
        select '\(agency)', pg_temp.id(9, n), 1, pg_temp.id(1, n), 'outside', '{}', '{}', false, 'requested', now(), 'x'
        from generate_series(1, 5000) n;
        insert into referral.amendment
          (agency_id, amendment_id, version, participant_id, data_class, request, status, requested_at, requested_by,
           due_at)
        select '\(agency)', pg_temp.id(10, n), 1, pg_temp.id(1, n), 'referral', 'x', 'requested', now(), 'x', now()
        from generate_series(1, 5000) n;
        insert into referral.disclosure
          (agency_id, disclosure_id, participant_id, at, disclosed_by, recipient_partner_id, data_classes, purpose,
           basis, operation_id, request_id)
        select '\(agency)', pg_temp.id(11, n), pg_temp.id(1, n % 5000 + 1), now(), 'x', pg_temp.id(0, 1), '{referral}',
          'TREAT', 'care', 'x', 'x'
        from generate_series(1, 10000) n;
        insert into referral.engagement
          (agency_id, engagement_id, participant_id, version, kind, programme, opened_at, settled_at, closed_at, peer_id)
        select '\(agency)', pg_temp.id(3, n), pg_temp.id(1, n % 5000 + 1), 1, 'proposal', 'x', now(), now(),
          case when n % 20 = 0 then null else now() end, pg_temp.id(4, n % 40)
        from generate_series(1, 10000) n;
        insert into referral.plan
          (agency_id, plan_id, version, engagement_id, participant_id, phase, closed_at)
        select '\(agency)', pg_temp.id(5, n), 1, pg_temp.id(3, n), pg_temp.id(1, n % 5000 + 1), 'x',
          case when n % 15 = 0 then null else now() end
        from generate_series(1, 10000) n;
        insert into referral.referral
          (agency_id, referral_id, version, participant_id, engagement_id, partner_id, client_id, setting, priority,
           programme, languages, status, business_status, cancelled_by_sender, received_at, changed_at,
           business_changed_at, shown_version, shown_status, shown_business, shown_at)
        select '\(agency)', pg_temp.id(3, n), 1, pg_temp.id(1, n % 5000 + 1), pg_temp.id(3, n), pg_temp.id(0, n % 5),
          'client', 'inpatient', 'routine', 'x', '{}',
          case when n % 20 = 0 then 'in-progress' when n % 50 = 1 then 'requested' else 'completed' end,
          '7.0', false, now(), now(), now(), 1, 'completed', '7.0', now() - n * interval '1 hour'
        from generate_series(1, 10000) n;
        insert into referral.reach_plan (agency_id, participant_id, version, content, changed_at, changed_by)
        select '\(agency)', pg_temp.id(1, n), 1, 'x', now(), 'x' from generate_series(1, 5000) n;
        insert into referral.bedside_visit (agency_id, referral_id, version, naloxone_by, recorded_at, recorded_by)
        select '\(agency)', pg_temp.id(3, n), v, '{}', now(), 'x'
        from generate_series(1, 10000) n, generate_series(1, 2) v;
        update referral.referral
        set accepted_at = shown_at, eight_weeks_settled_at = case when referral_id < pg_temp.id(3, 5) then null else now() end
        where status <> 'requested';
        insert into referral.dispatch_step (agency_id, match_id, version, engagement_id, step, at)
        select '\(agency)', pg_temp.id(14, n), v, pg_temp.id(3, n), case v when 3 then 'arrived' else 'ended' end, now()
        from generate_series(1, 10000) n, generate_series(3, 4) v;
        insert into referral.identity_review
          (agency_id, review_id, kind, participant_id, other_participant_id, referral_id, policy_version, score,
           agreement, found_at, decision, decided_by, decided_at)
        select '\(agency)', pg_temp.id(6, n), 'pair', pg_temp.id(1, n), pg_temp.id(1, n % 5000 + 1), pg_temp.id(3, n), 1,
          1000, '{phone:same}', now(), 'different', 'x', now()
        from generate_series(1, 4999) n;
        insert into referral.dispatch_suggestion
          (agency_id, suggestion_id, version, status, partner_id, client_id, visit_digest, signs, rules_version,
           suggested_at, expires_at, heard_at, data_key, content)
        select '\(agency)', gen_random_uuid(), 1, case when n % 500 = 0 then 'open' else 'expired' end, partner_id, 'x',
          n::text, '{x}', 1, now(), now(), now(), case when n % 500 = 0 then '\\x00'::bytea end,
          case when n % 500 = 0 then '\\x00'::bytea end
        from generate_series(1, 20000) n, (select partner_id from referral.partner limit 1) p;
        insert into referral.participant_merge (agency_id, participant_id, version, into_id)
        select '\(agency)', pg_temp.id(1, n), 1, pg_temp.id(1, n + 2500) from generate_series(1, 2500) n;
        insert into referral.merge_history
          (agency_id, participant_id, version, into_id, merged_at, merged_by)
        select '\(agency)', pg_temp.id(1, n), 1, pg_temp.id(1, n + 2500), now(), 'x' from generate_series(1, 2500) n;
        insert into referral.placer_index (agency_id, client_id, key_version, hmac, referral_id)
        select '\(agency)', 'client', 1, rpad(md5('p' || n), 64, '0'), pg_temp.id(3, n)
        from generate_series(1, 10000) n;
        insert into referral.referral_transition
          (agency_id, referral_id, version, to_status, business_status, party, actor, at)
        select '\(agency)', pg_temp.id(3, n), v, 'completed', '7.0', 'performer', 'x', now()
        from generate_series(1, 10000) n, generate_series(1, 3) v;
        insert into referral.shown_version (agency_id, referral_id, version, status, business_status, is_bare, at)
        select '\(agency)', pg_temp.id(3, n), v, 'completed', '7.0', false, now()
        from generate_series(1, 10000) n, generate_series(1, 3) v;
        insert into referral.partner_alias (agency_id, partner_id, kind, subject_id, alias_id)
        select '\(agency)', pg_temp.id(0, n % 5), kind, pg_temp.id(3, n), md5(kind || '/alias/' || n)::uuid
        from generate_series(1, 10000) n, unnest('{referral,task}'::text[]) kind;
        insert into referral.received_resource
          (agency_id, partner_id, kind, alias_id, referral_id, participant_id, version, content, received_at)
        select '\(agency)', pg_temp.id(0, n % 5), kind, md5(kind || '/alias/' || n)::uuid, pg_temp.id(3, n),
          pg_temp.id(1, n % 5000 + 1), 1, 'x', now()
        from generate_series(1, 10000) n, unnest('{Patient,Task,ServiceRequest}'::text[]) kind;
        insert into referral.partner_client (agency_id, client_id, partner_id, jwks_url, scopes, created_at)
        select '\(agency)', '\(agency).' || n, pg_temp.id(0, n), 'https://keys.example', '{}', now()
        from generate_series(0, 800) n;
        insert into referral.subscription
          (agency_id, subscription_id, partner_id, client_id, run, version, topic, status, content, events, told_at, created_at,
           changed_at)
        select '\(agency)', pg_temp.id(12, n), pg_temp.id(0, n % 800), '\(agency).' || n % 800, 1, 1,
          case when n % 2 = 0 then 'task' else 'service-request' end, 'active', 'x', 10, now(), now(), now()
        from generate_series(1, 3000) n;
        insert into referral.outside_server
          (agency_id, partner_id, version, base_url, scope, task_owner, signing_key, changed_at, changed_by)
        select '\(agency)', pg_temp.id(0, n), 1, 'https://fhir.example', 'a', 'Organization/1', 'x', now(), 'x'
        from generate_series(0, 800) n;
        insert into referral.outside_task (agency_id, partner_id, task_id, referral_id, found_at)
        select '\(agency)', pg_temp.id(0, n % 5), 't' || n, pg_temp.id(3, n), now() from generate_series(1, 3000) n;
        insert into referral.onward_referral
          (agency_id, onward_id, referral_id, participant_id, partner_id, version, priority, status, queued_at, queued_by,
           looks, changed_at)
        select '\(agency)', pg_temp.id(14, n), pg_temp.id(3, n), pg_temp.id(1, n), pg_temp.id(0, n % 800), 1, 'routine',
          case when n % 10 = 0 then 'queued' else 'rejected' end, now(), 'x', 0, now()
        from generate_series(1, 3000) n;
        insert into referral.subscription_event
          (agency_id, subscription_id, number, delivery_id, referral_id, rests_on_consent, at)
        select '\(agency)', pg_temp.id(12, n), e, pg_temp.id(13, n * 10 + e), pg_temp.id(3, n), true, now()
        from generate_series(1, 3000) n, generate_series(1, 9) e;
        insert into referral.account
          (agency_id, account_id, version, role, login, peer_id, participant_id, password_hash, created_at, changed_at)
        select '\(agency)', pg_temp.id(6, n), 1, 'participant', null, null, pg_temp.id(1, n), 'x', now(), now()
        from generate_series(1, 5000) n;
        insert into referral.account_login (agency_id, key_version, digest, account_id)
        select '\(agency)', 1, rpad(md5('login' || n), 64, '0'), pg_temp.id(6, n) from generate_series(1, 5000) n;
        insert into referral.sign_in_attempt (agency_id, digest, failures, last_at, held_until)
        select '\(agency)', rpad(md5('login' || n), 64, '0'), 1, now(), now() from generate_series(1, 5000) n;
        insert into referral.account_session (agency_id, session_id, account_id, started_at, used_at, ends_at)
        select '\(agency)', pg_temp.id(7, n), pg_temp.id(6, n % 5000 + 1), now(), now(), now() + interval '12 hours'
        from generate_series(1, 10000) n;
        insert into referral.refresh_token (agency_id, digest, session_id)
        select '\(agency)', rpad(md5('token' || n), 64, '0'), pg_temp.id(7, n) from generate_series(1, 10000) n;
        insert into referral.directory_feed (agency_id, feed_id, name, created_at)
        select '\(agency)', pg_temp.id(8, n), 'feed-' || n, now() from generate_series(1, 20) n;
        insert into referral.directory_import
          (agency_id, import_id, feed_id, kind, digest, outcome, taken, added, changed, unchanged, gone, refused,
           placeless, refusals, imported_at, imported_by)
        select '\(agency)', pg_temp.id(10, n), pg_temp.id(8, n % 20 + 1), 'bmlt', 'x', 'applied', 1, 0, 0, 1, 0, 0, 0, '[]',
          now(), 'x'
        from generate_series(1, 5000) n;
        insert into referral.directory_entry
          (agency_id, entry_id, feed_id, foreign_id, digest, shelf, cell, latitude, longitude, is_online, zone, opens,
           closes, tags, document, changed_at)
        select '\(agency)', pg_temp.id(11, n), pg_temp.id(8, n % 20 + 1), n, 'x',
          case when n % 3 = 0 then 'service' else 'meeting/na' end, n, 40, -75, n % 10 = 0, null, '{600}', '{660}', '{}',
          '{}', now()
        from generate_series(1, 20000) n;
        insert into referral.directory_flag (agency_id, entry_id, reason, times, first_at, last_at, settled_at, settled_by)
        select '\(agency)', pg_temp.id(11, n), 'closed', 1, now(), now(), case when n % 10 > 0 then now() end,
          case when n % 10 > 0 then 'x' end
        from generate_series(1, 5000) n;
        insert into handrail.agency (agency_id, name, time_zone, part2_program, hipaa_covered_entity)
        select pg_temp.id(15, n), 'Agency ' || n, 'UTC', true, true from generate_series(1, 500) n;
        insert into referral.residence
          (agency_id, residence_id, version, type, serves, weekly_cents, medications, is_listed, cell, latitude,
           longitude, document, confirmed_at, confirmed_by, changed_at, changed_by)
        select '\(agency)', pg_temp.id(12, n), 1, 'P', '{any/single}', 10000, '{methadone:yes}', true, n, 40, -75,
          '{"name": "x"}', now(), 'x', now(), 'x'
        from generate_series(1, 2000) n;
        insert into referral.bed
          (agency_id, bed_id, residence_id, version, label, kind, service, changed_at)
        select '\(agency)', pg_temp.id(13, n), pg_temp.id(12, n % 2000 + 1), 1, 'x', 'any/single', 'in-service', now()
        from generate_series(1, 20000) n;
        insert into referral.residence_count (agency_id, residence_id, kind, total, open)
        select '\(agency)', pg_temp.id(12, n), 'any/family', 2, 1 from generate_series(1, 2000) n;
        insert into referral.placement
          (agency_id, placement_id, version, participant_id, residence_id, status, wish, priority, priority_rank,
           applied_at, bed_id, moved_in_at, moved_out_at, reason, next_place, changed_at)
        select '\(agency)', pg_temp.id(14, n), 1, pg_temp.id(1, n), pg_temp.id(12, n % 2000 + 1),
          ('{applied,moved-out,moved-in}'::text[])[n % 3 + 1], 'any/single', 'standard', 100, now(),
          case when n % 3 > 0 then pg_temp.id(13, n % 2000) end,
          case when n % 3 > 0 then at end, case when n % 3 = 1 then at end,
          case when n % 3 = 1 then 'planned' end, case when n % 3 = 1 then 'unknown' end, now()
        from generate_series(1, 5000) n, lateral (select timestamptz '2026-01-01' + n * interval '1 hour' as at) t
        where n % 2000 > 0;
        insert into referral.bed_stay (agency_id, placement_id, bed_id, began_at, ended_at)
        select agency_id, placement_id, bed_id, moved_in_at, moved_out_at
        from referral.placement
        where bed_id is not null;
        insert into referral.placement_transition
          (agency_id, placement_id, version, to_status, actor, at)
        select agency_id, placement_id, v, 'applied', 'x', now()
        from referral.placement, generate_series(1, 3) v;
        insert into referral.hook_feedback (agency_id, noted_on, partner_id, service, outcome, reason, times)
        select '\(agency)', '2026-06-01'::date - n, pg_temp.id(0, n % 5), 'overdose-visit-view', 'accepted', '', 1
        from generate_series(1, 5000) n;
        insert into referral.need
          (agency_id, need_id, participant_id, version, kind, opened_on, recorded_at, recorded_by)
        select '\(agency)', pg_temp.id(12, n), pg_temp.id(1, n % 5000 + 1), 1, 'phone', '2026-01-01', now(), 'x'
        from generate_series(1, 5000) n;
        insert into referral.linkage
          (agency_id, linkage_id, need_id, participant_id, version, service, level, status, started_at, sustained_days,
           offered_at, offered_by, changed_at)
        select '\(agency)', pg_temp.id(13, n), pg_temp.id(12, n), pg_temp.id(1, n % 5000 + 1), 1, 'phone', 1, 'attended',
          now(), 0, now(), 'x', now()
        from generate_series(1, 5000) n;
        insert into referral.linkage_change (agency_id, linkage_id, version, status, changed_at, changed_by)
        select '\(agency)', pg_temp.id(13, n), 1, 'attended', now(), 'x' from generate_series(1, 5000) n;
        insert into referral.linkage_check
          (agency_id, linkage_id, days, participant_id, due_at, came_due_at, answer, answered_at, answered_by)
        select '\(agency)', pg_temp.id(13, n), days, pg_temp.id(1, n % 5000 + 1), now() - n * interval '1 hour',
          case when days < 90 then now() end, case when days = 7 then 'sustained' end,
          case when days = 7 then now() end, case when days = 7 then 'x' end
        from generate_series(1, 5000) n, unnest('{7,30,90}'::integer[]) days;
        insert into referral.linkage_ride
          (agency_id, linkage_id, purpose, mode, pick_up_from, pick_up_until)
        select '\(agency)', pg_temp.id(13, n), 'court', 'volunteer', now(), now() from generate_series(1, 5000) n;
        insert into referral.coverage_span
          (agency_id, coverage_id, participant_id, version, programme, from_on, recorded_at, recorded_by)
        select '\(agency)', pg_temp.id(14, n), pg_temp.id(1, n), 1, 'medicaid', '2026-01-01', now(), 'x'
        from generate_series(1, 5000) n;
        insert into referral.naloxone_kit (agency_id, kit_id, given_on, recipient, product, count, training, refill)
        select '\(agency)', pg_temp.id(15, n), '2026-01-01'::date - n % 1000, 'anonymous', 'nasal-4mg', 1, '{}', 'first'
        from generate_series(1, 5000) n;
        insert into referral.reversal (agency_id, reversal_id, happened_on, place, doses, given_by)
        select '\(agency)', pg_temp.id(16, n), '2026-01-01'::date - n % 1000, 'street', 1, 'peer'
        from generate_series(1, 5000) n;
        insert into referral.naloxone_kit
          (agency_id, kit_id, given_on, recipient, participant_id, product, count, training, refill, recorded_at,
           recorded_by)
        select '\(agency)', pg_temp.id(19, n), '2026-01-01', 'participant', pg_temp.id(1, n), 'nasal-4mg', 1, '{}', 'first',
          now(), 'x'
        from generate_series(1, 5000) n;
        insert into referral.reversal
          (agency_id, reversal_id, happened_on, participant_id, place, doses, given_by, recorded_at, recorded_by)
        select '\(agency)', pg_temp.id(20, n), '2026-01-01', pg_temp.id(1, n), 'street', 1, 'peer', now(), 'x'
        from generate_series(1, 5000) n;
        insert into referral.fund
          (agency_id, fund_id, version, name, amount_cents, committed_cents, starts_on, ends_on, created_at, created_by)
        select '\(agency)', pg_temp.id(17, n), 1, 'Fund ' || n, 1000, 0, '2026-01-01', '2026-12-31', now(), 'x'
        from generate_series(1, 800) n;
        insert into referral.fund_kind (agency_id, fund_id, kind, committed_cents)
        select '\(agency)', pg_temp.id(17, n), kind, 0 from generate_series(1, 800) n, unnest('{food,ride,rent}'::text[]) kind;
        insert into referral.fund_person
          (agency_id, fund_id, participant_id, kind, cap_cents, committed_cents, others_cents)
        select '\(agency)', pg_temp.id(17, n % 10 + 1), pg_temp.id(1, n), kind, 10, 1, 0
        from generate_series(1, 5000) n, unnest('{"",food}'::text[]) kind;
        insert into referral.spending
          (agency_id, spending_id, fund_id, participant_id, linkage_id, version, kind, form, amount_cents, status,
           has_receipt, reserved_at, reserved_by)
        select '\(agency)', pg_temp.id(18, n), pg_temp.id(17, n % 10 + 1), pg_temp.id(1, n % 5000 + 1), pg_temp.id(13, n), 1,
          'food', 'money', 1, 'reserved', false, now(), 'x'
        from generate_series(1, 5000) n;
        analyze
        """
    }
}
