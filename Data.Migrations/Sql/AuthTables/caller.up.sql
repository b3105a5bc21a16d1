-- Who asks, and whose rows they may see, as a range of user ids: a member's own id twice, a superadmin's from the first to the
-- last. A range serves both from one index; "own row OR superadmin" would read the whole table.
--
-- It runs with its owner's rights on purpose, since a policy on users cannot read users with the caller's. Policies reach it
-- by what they were parsed to; nobody else can name it, because no API role has USAGE on the schema.
--
-- Every statement of a member plans and runs it twice, so it is kept cheap: the setting is read here as get_auth_user_id()
-- reads it, without the call, and ORDER BY … LIMIT 1 is planned faster than max().
CREATE VIEW app_private.caller AS
SELECT
  id,
  role IS NOT DISTINCT FROM 'superadmin' AS is_superadmin,
  CASE WHEN role = 'superadmin' THEN '' ELSE id END AS first_user_id,
  CASE WHEN role = 'superadmin' THEN (SELECT u.id FROM public.users u ORDER BY u.id DESC LIMIT 1) ELSE id END
    AS last_user_id
FROM public.users
WHERE id = nullif(pg_catalog.current_setting('app.user_id', true), '');
COMMENT ON VIEW app_private.caller IS 'The current application user and the range of user ids whose rows they may see.';
REVOKE ALL ON app_private.caller FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON app_private.caller TO authenticated;
