CREATE POLICY users_select_authenticated ON public.users
  FOR SELECT TO authenticated
  USING (
    id >= (SELECT first_user_id FROM app_private.caller)
    AND id <= (SELECT last_user_id FROM app_private.caller)
  );
