CREATE POLICY session_all_service_role ON public.session
  FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);
