-- as-migrator
select 1;
