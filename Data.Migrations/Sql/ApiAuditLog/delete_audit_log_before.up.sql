-- The retention job: run by the owner, again until it returns 0. A bounded number of rows a call keeps each transaction, and
-- the locks it holds, short.
CREATE FUNCTION app_private.delete_audit_log_before(cutoff timestamptz, at_most integer DEFAULT 10000) RETURNS bigint
  LANGUAGE plpgsql VOLATILE SECURITY INVOKER
  SET search_path = ''
  AS $$
DECLARE
  deleted bigint;
BEGIN
  -- Not in a SET clause: only a superuser may put an unknown parameter there.
  PERFORM pg_catalog.set_config('app.audit_log_retention', 'on', true);
  DELETE FROM public.api_audit_log
  WHERE id IN (
    SELECT id FROM public.api_audit_log WHERE "createdAt" < cutoff ORDER BY "createdAt" LIMIT at_most
  );
  GET DIAGNOSTICS deleted = ROW_COUNT;
  PERFORM pg_catalog.set_config('app.audit_log_retention', 'off', true);
  RETURN deleted;
END
$$;
COMMENT ON FUNCTION app_private.delete_audit_log_before(timestamptz, integer) IS
  'Deletes audit rows older than the cutoff; returns how many.';
REVOKE ALL ON FUNCTION app_private.delete_audit_log_before(timestamptz, integer)
  FROM PUBLIC, anon, authenticated, service_role;
