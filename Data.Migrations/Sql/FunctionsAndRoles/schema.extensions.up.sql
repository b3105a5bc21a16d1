-- Supabase has this schema. Elsewhere it is made here, and known on the way down by its comment.
DO $extensions$
BEGIN
  IF pg_catalog.to_regnamespace('extensions') IS NULL THEN
    CREATE SCHEMA extensions;
    COMMENT ON SCHEMA extensions IS 'Extensions, kept out of public. Made by the migration FunctionsAndRoles.';
    GRANT USAGE ON SCHEMA extensions TO anon, authenticated, service_role;
  END IF;
END
$extensions$;
