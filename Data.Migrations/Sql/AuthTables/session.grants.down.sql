REVOKE ALL ON TABLE public.session FROM PUBLIC, anon, authenticated, service_role;
