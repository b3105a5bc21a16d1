CREATE POLICY users_metas_all_service_role ON public.users_metas
  FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);
