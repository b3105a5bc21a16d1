CREATE POLICY users_metas_select_authenticated ON public.users_metas
  FOR SELECT TO authenticated
  USING (
    "isPublic"
    OR (
      "userId" >= (SELECT first_user_id FROM app_private.caller)
      AND "userId" <= (SELECT last_user_id FROM app_private.caller)
    )
  );
