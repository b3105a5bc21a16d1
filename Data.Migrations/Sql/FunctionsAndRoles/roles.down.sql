-- Only roles that the way up made, and only where nobody else needs them: another database of the cluster that grants them
-- something, or a login that is a member of one. Those are kept, with a notice.
DO $roles$
DECLARE
  name text;
BEGIN
  FOR name IN
    SELECT rolname
    FROM pg_catalog.pg_roles
    WHERE rolname IN ('anon', 'authenticated', 'service_role')
      AND pg_catalog.shobj_description(oid, 'pg_authid') = 'Made by the migration FunctionsAndRoles.'
    ORDER BY rolname
  LOOP
    IF EXISTS (
      SELECT
      FROM pg_catalog.pg_auth_members AS membership
      JOIN pg_catalog.pg_roles AS member ON member.oid = membership.member
      WHERE membership.roleid = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = name)
        AND member.rolname <> CURRENT_USER
    ) THEN
      RAISE NOTICE 'role % is kept: others are members of it', name;
    ELSE
      BEGIN
        EXECUTE pg_catalog.format('DROP ROLE %I', name);
      EXCEPTION
        WHEN dependent_objects_still_exist OR insufficient_privilege THEN
          RAISE NOTICE 'role % is kept: %', name, SQLERRM;
      END;
    END IF;
  END LOOP;
END
$roles$;
