REVOKE ALL ON TABLE public.api_audit_log FROM PUBLIC, anon, authenticated, service_role;
