-- Default privileges (Supabase's give everything to every API role) are taken back first: what stands below is all there is.
-- Ids, e-mail addresses, their verification and roles are the service's to decide, so no signed-in user, superadmins included,
-- may write those columns or make users.
REVOKE ALL ON TABLE public.users FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, DELETE ON TABLE public.users TO authenticated;
GRANT UPDATE (name, "firstName", "lastName", image, country, timezone, language)
  ON TABLE public.users TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE public.users TO service_role;
