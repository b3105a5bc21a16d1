CREATE POLICY users_all_service_role ON public.users
  FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);
