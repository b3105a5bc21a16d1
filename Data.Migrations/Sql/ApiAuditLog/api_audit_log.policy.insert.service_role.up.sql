CREATE POLICY api_audit_log_insert_service_role ON public.api_audit_log
  FOR INSERT TO service_role
  WITH CHECK (true);
