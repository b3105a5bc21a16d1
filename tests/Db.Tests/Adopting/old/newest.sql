-- What the application's newest versions change on our tables.
ALTER TABLE api_audit_log ALTER "apiKeyId" DROP NOT NULL;
ALTER TABLE users DROP CONSTRAINT check_users_role,
  ADD CONSTRAINT check_users_role CHECK (role IN ('member', 'superadmin', 'developer', 'suspended'));
CREATE POLICY "API logs insert own" ON api_audit_log FOR INSERT TO authenticated WITH CHECK ("userId" = get_auth_user_id());
COMMENT ON POLICY "API logs insert own" ON api_audit_log IS 'Whoever is signed in writes their own rows';
ALTER TYPE api_key_status ADD VALUE 'revoked';
