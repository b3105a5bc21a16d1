REVOKE ALL ON TABLE public.api_key FROM PUBLIC, anon, authenticated, service_role;
