-- Default privileges (Supabase's give everything to every API role) are taken back first: what stands below is all there is.
REVOKE ALL ON TABLE public.verification FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE public.verification TO service_role;
