DO $extensions$
BEGIN
  IF pg_catalog.obj_description(pg_catalog.to_regnamespace('extensions'), 'pg_namespace')
    = 'Extensions, kept out of public. Made by the migration FunctionsAndRoles.'
  THEN
    BEGIN
      DROP SCHEMA extensions;
    EXCEPTION
      WHEN dependent_objects_still_exist THEN
        RAISE NOTICE 'schema extensions is kept: %', SQLERRM;
    END;
  END IF;
END
$extensions$;
