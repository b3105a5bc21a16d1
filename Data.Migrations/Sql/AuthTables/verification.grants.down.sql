REVOKE ALL ON TABLE public.verification FROM PUBLIC, anon, authenticated, service_role;
