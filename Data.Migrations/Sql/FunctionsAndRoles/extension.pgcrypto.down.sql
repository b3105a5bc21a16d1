DO $pgcrypto$
BEGIN
  IF EXISTS (
    SELECT
    FROM pg_catalog.pg_extension
    WHERE extname = 'pgcrypto'
      AND pg_catalog.obj_description(oid, 'pg_extension')
        = 'cryptographic functions (made by the migration FunctionsAndRoles)'
  ) THEN
    DROP EXTENSION pgcrypto;
  END IF;
END
$pgcrypto$;
