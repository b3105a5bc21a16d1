-- Who asks, and whose rows they may see, as a range of user ids: a member's own id twice, a superadmin's from the first to the
-- last. A range serves both from one index; "own row OR superadmin" would read the whole table.
--
-- It runs with its owner's rights on purpose, since a policy on users cannot read users with the caller's. Policies reach it
-- by what they were parsed to; nobody else can name it, because no API role has USAGE on the schema.
CREATE VIEW app_private.caller AS
SELECT
  id,
  role IS NOT DISTINCT FROM 'superadmin' AS is_superadmin,
  CASE WHEN role = 'superadmin' THEN '' ELSE id END AS first_user_id,
  CASE WHEN role = 'superadmin' THEN (SELECT max(id) FROM public.users) ELSE id END AS last_user_id
FROM public.users
WHERE id = (SELECT public.get_auth_user_id());
COMMENT ON VIEW app_private.caller IS 'The current application user and the range of user ids whose rows they may see.';
REVOKE ALL ON app_private.caller FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON app_private.caller TO authenticated;
