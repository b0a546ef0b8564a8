-- A service does not start while no agency is configured: its worker login looks whether there is one. The registry holds
-- no personal data.
create policy worker on handrail.agency for select to handrail_worker using (true);
grant select (agency_id) on handrail.agency to handrail_worker;
