-- Default privileges (Supabase's give everything to every API role) are taken back first: what stands below is all there is.
-- The token stays the service's: whoever reads it can be the user.
REVOKE ALL ON TABLE public.session FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT (id, "expiresAt", "createdAt", "updatedAt", "ipAddress", "userAgent", "userId")
  ON TABLE public.session TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE public.session TO service_role;
