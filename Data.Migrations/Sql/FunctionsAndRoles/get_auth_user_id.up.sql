-- The application sets app.user_id with SET LOCAL in each request's transaction. STABLE and called in a scalar sub-select, it
-- is evaluated once a statement and an index can be used with it. PL/pgSQL, because a pinned search_path keeps a function in
-- SQL from being inlined, and starting one costs more than this does.
CREATE FUNCTION public.get_auth_user_id() RETURNS text
  LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY INVOKER
  SET search_path = ''
  AS $$
BEGIN
  RETURN nullif(pg_catalog.current_setting('app.user_id', true), '');
END
$$;
COMMENT ON FUNCTION public.get_auth_user_id() IS 'The current application user; null where nobody is signed in.';
REVOKE ALL ON FUNCTION public.get_auth_user_id() FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION public.get_auth_user_id() TO anon, authenticated, service_role;
