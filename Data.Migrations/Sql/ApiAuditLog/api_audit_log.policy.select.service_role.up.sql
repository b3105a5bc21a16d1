CREATE POLICY api_audit_log_select_service_role ON public.api_audit_log
  FOR SELECT TO service_role
  USING (true);
