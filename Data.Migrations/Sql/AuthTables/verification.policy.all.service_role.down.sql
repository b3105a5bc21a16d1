DROP POLICY verification_all_service_role ON public.verification;
