REVOKE ALL ON TABLE public.users_metas FROM PUBLIC, anon, authenticated, service_role;
