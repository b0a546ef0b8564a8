select handrail.create_service_schema('outcome', 'outcomes');
