CREATE TRIGGER append_only
  BEFORE UPDATE OR DELETE OR TRUNCATE ON public.api_audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION app_private.refuse_audit_log_change();
