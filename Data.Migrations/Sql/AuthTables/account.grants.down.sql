REVOKE ALL ON TABLE public.account FROM PUBLIC, anon, authenticated, service_role;
