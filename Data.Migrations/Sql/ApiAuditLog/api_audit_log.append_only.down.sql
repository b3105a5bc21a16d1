DROP TRIGGER append_only ON public.api_audit_log;
