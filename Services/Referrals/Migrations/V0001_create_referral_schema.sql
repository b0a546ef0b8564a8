select handrail.create_service_schema('referral', 'referrals');
