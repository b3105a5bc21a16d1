-- The application's digests. A trusted extension: CREATE on the database is enough. Where it exists it is left where it is.
DO $pgcrypto$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'pgcrypto') THEN
    CREATE EXTENSION pgcrypto WITH SCHEMA extensions;
    COMMENT ON EXTENSION pgcrypto IS 'cryptographic functions (made by the migration FunctionsAndRoles)';
  END IF;
END
$pgcrypto$;
