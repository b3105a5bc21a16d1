CREATE FUNCTION public.set_updated_at() RETURNS trigger
  LANGUAGE plpgsql SECURITY INVOKER
  SET search_path = ''
  AS $$
BEGIN
  NEW."updatedAt" := pg_catalog.now();
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION public.set_updated_at() IS 'Moves "updatedAt" on every update.';
REVOKE ALL ON FUNCTION public.set_updated_at() FROM PUBLIC, anon, authenticated, service_role;
