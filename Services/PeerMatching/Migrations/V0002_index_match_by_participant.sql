-- What was matched for one person, the newest first.

create index match_participant_opened on matching.match (agency_id, participant_id, opened_at, match_id);
