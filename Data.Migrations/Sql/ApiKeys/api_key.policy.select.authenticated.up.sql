CREATE POLICY api_key_select_authenticated ON public.api_key
  FOR SELECT TO authenticated
  USING (
    "userId" >= (SELECT first_user_id FROM app_private.caller)
    AND "userId" <= (SELECT last_user_id FROM app_private.caller)
  );
