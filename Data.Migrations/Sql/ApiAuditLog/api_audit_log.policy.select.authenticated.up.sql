CREATE POLICY api_audit_log_select_authenticated ON public.api_audit_log
  FOR SELECT TO authenticated
  USING (
    "userId" >= (SELECT first_user_id FROM app_private.caller)
    AND "userId" <= (SELECT last_user_id FROM app_private.caller)
  );
