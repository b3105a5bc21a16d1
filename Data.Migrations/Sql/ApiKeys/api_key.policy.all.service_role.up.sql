CREATE POLICY api_key_all_service_role ON public.api_key
  FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);
