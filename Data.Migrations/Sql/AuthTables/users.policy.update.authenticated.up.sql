CREATE POLICY users_update_authenticated ON public.users
  FOR UPDATE TO authenticated
  USING (
    id >= (SELECT first_user_id FROM app_private.caller)
    AND id <= (SELECT last_user_id FROM app_private.caller)
  )
  WITH CHECK (
    id >= (SELECT first_user_id FROM app_private.caller)
    AND id <= (SELECT last_user_id FROM app_private.caller)
  );
