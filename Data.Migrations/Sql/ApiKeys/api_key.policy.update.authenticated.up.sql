-- An expired key stays expired: only the service decides how long a key lasts, so its owner can but delete it.
CREATE POLICY api_key_update_authenticated ON public.api_key
  FOR UPDATE TO authenticated
  USING (
    "userId" >= (SELECT first_user_id FROM app_private.caller)
    AND "userId" <= (SELECT last_user_id FROM app_private.caller)
    AND status IS DISTINCT FROM 'expired'
  )
  WITH CHECK (
    "userId" >= (SELECT first_user_id FROM app_private.caller)
    AND "userId" <= (SELECT last_user_id FROM app_private.caller)
    AND status IS DISTINCT FROM 'expired'
  );
