-- Default privileges (Supabase's give everything to every API role) are taken back first: what stands below is all there is.
-- Append-only: nobody is granted UPDATE or DELETE.
REVOKE ALL ON TABLE public.api_audit_log FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON TABLE public.api_audit_log TO authenticated;
GRANT SELECT, INSERT ON TABLE public.api_audit_log TO service_role;
