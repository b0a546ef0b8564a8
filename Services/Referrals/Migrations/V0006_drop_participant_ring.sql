-- Keys are renewed page by page in the order of the participants; an index that only tells keys apart leads a planner
-- without statistics through a whole agency.
drop index referral.participant_ring;
