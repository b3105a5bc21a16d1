-- Grants keep API roles, the service included, from changing the log. This keeps everybody else from it too, the owner's own
-- slips included. Let through are the retention job and the cascade from users and api_key, which arrives from inside another
-- trigger.
CREATE FUNCTION app_private.refuse_audit_log_change() RETURNS trigger
  LANGUAGE plpgsql SECURITY INVOKER
  SET search_path = ''
  AS $$
BEGIN
  IF TG_OP = 'DELETE' AND (
    pg_catalog.pg_trigger_depth() > 1
    OR pg_catalog.current_setting('app.audit_log_retention', true) = 'on'
  ) THEN
    RETURN NULL;
  END IF;
  RAISE insufficient_privilege USING
    MESSAGE = pg_catalog.format('api_audit_log is append-only: %s is refused', TG_OP),
    HINT = 'Old rows are removed by app_private.delete_audit_log_before(cutoff).';
END
$$;
COMMENT ON FUNCTION app_private.refuse_audit_log_change() IS 'Keeps api_audit_log append-only.';
REVOKE ALL ON FUNCTION app_private.refuse_audit_log_change() FROM PUBLIC, anon, authenticated, service_role;
