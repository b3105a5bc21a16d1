-- Default privileges (Supabase's give everything to every API role) are taken back first: what stands below is all there is.
-- The service makes keys and decides what they may do and for how long; their owners name, limit, switch and delete them. The
-- hash is read by the service alone.
REVOKE ALL ON TABLE public.api_key FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT (
  id, "keyPrefix", name, "userId", "lastUsedAt", "expiresAt", status, scopes, "failedAttempts", "lockedUntil", "ipWhitelist",
  "lastUsedIp", "createdAt", "updatedAt"
) ON TABLE public.api_key TO authenticated;
GRANT UPDATE (name, status, "ipWhitelist") ON TABLE public.api_key TO authenticated;
GRANT DELETE ON TABLE public.api_key TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE public.api_key TO service_role;
