REVOKE ALL ON TABLE public.users FROM PUBLIC, anon, authenticated, service_role;
