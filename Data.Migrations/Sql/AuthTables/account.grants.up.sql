-- Default privileges (Supabase's give everything to every API role) are taken back first: what stands below is all there is.
-- Password hashes and provider tokens stay the service's.
REVOKE ALL ON TABLE public.account FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT (
  id, "accountId", "providerId", "userId", "accessTokenExpiresAt", "refreshTokenExpiresAt", scope, "createdAt", "updatedAt"
) ON TABLE public.account TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE public.account TO service_role;
