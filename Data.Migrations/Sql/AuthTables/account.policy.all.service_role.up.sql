CREATE POLICY account_all_service_role ON public.account
  FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);
