CREATE POLICY users_metas_insert_authenticated ON public.users_metas
  FOR INSERT TO authenticated
  WITH CHECK (
    "userId" >= (SELECT first_user_id FROM app_private.caller)
    AND "userId" <= (SELECT last_user_id FROM app_private.caller)
  );
