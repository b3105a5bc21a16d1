CREATE POLICY verification_all_service_role ON public.verification
  FOR ALL TO service_role
  USING (true)
  WITH CHECK (true);
