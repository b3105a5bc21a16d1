CREATE POLICY users_delete_authenticated ON public.users
  FOR DELETE TO authenticated
  USING ((SELECT is_superadmin FROM app_private.caller));
