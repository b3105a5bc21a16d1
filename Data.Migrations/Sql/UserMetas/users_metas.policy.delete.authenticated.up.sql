CREATE POLICY users_metas_delete_authenticated ON public.users_metas
  FOR DELETE TO authenticated
  USING (
    "userId" >= (SELECT first_user_id FROM app_private.caller)
    AND "userId" <= (SELECT last_user_id FROM app_private.caller)
  );
