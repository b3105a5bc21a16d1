-- A name given without first and last name is kept: sign-up writes the name alone.
CREATE FUNCTION public.sync_user_name() RETURNS trigger
  LANGUAGE plpgsql SECURITY INVOKER
  SET search_path = ''
  AS $$
DECLARE
  full_name text := pg_catalog.concat_ws(
    ' ',
    nullif(pg_catalog.btrim(NEW."firstName"), ''),
    nullif(pg_catalog.btrim(NEW."lastName"), '')
  );
BEGIN
  IF full_name <> '' THEN
    NEW.name := full_name;
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION public.sync_user_name() IS 'Keeps users.name = first and last name, where either is given.';
REVOKE ALL ON FUNCTION public.sync_user_name() FROM PUBLIC, anon, authenticated, service_role;
