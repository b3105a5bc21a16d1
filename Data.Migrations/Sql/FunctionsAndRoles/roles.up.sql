-- The roles that row-level security is written for. Supabase has them; elsewhere they are made here, without a login and
-- without BYPASSRLS (which only a superuser may give): the service's rights stand in grants and policies instead.
DO $roles$
DECLARE
  name text;
  is_mine boolean;
BEGIN
  FOREACH name IN ARRAY ARRAY['anon', 'authenticated', 'service_role'] LOOP
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = name) THEN
      BEGIN
        EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN NOINHERIT', name);
        -- By this comment the way down knows which roles it made.
        EXECUTE pg_catalog.format('COMMENT ON ROLE %I IS %L', name, 'Made by the migration FunctionsAndRoles.');
      EXCEPTION
        -- Another database of this cluster was being migrated at the same moment.
        WHEN duplicate_object OR unique_violation THEN NULL;
      END;
    END IF;

    -- Whoever owns the tables may act as each of them. From 16 on, making a role no longer includes that.
    IF pg_catalog.current_setting('server_version_num')::integer >= 160000 THEN
      is_mine := pg_catalog.pg_has_role(name, 'SET');
    ELSE
      is_mine := pg_catalog.pg_has_role(name, 'MEMBER');
    END IF;
    IF NOT is_mine THEN
      BEGIN
        EXECUTE pg_catalog.format('GRANT %I TO CURRENT_USER', name);
      EXCEPTION
        WHEN insufficient_privilege THEN
          RAISE NOTICE '%', pg_catalog.format(
            '%I may not act as %I; a superuser can allow it: GRANT %I TO %I', CURRENT_USER, name, name, CURRENT_USER
          );
      END;
    END IF;
  END LOOP;
END
$roles$;
