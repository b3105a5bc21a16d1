DROP POLICY session_all_service_role ON public.session;
