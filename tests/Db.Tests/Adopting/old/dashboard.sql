-- What people do in a dashboard.
ALTER TABLE users ADD COLUMN phone text;
ALTER TABLE users ALTER country SET DEFAULT 'US';
ALTER TABLE users ALTER name SET NOT NULL;
CREATE OR REPLACE FUNCTION public.set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW."updatedAt" = clock_timestamp();
  RETURN NEW;
END
$$;
CREATE INDEX users_created ON users ("createdAt");
CREATE INDEX users_email_lower ON users (lower(email));
ALTER TABLE users_metas DISABLE ROW LEVEL SECURITY;
ALTER POLICY session_allow_all ON session RENAME TO "Enable all access for all users";
ALTER POLICY users_metas_owner_or_admin_all ON users_metas RENAME TO "Members manage their own";
CREATE POLICY "Support reads Swiss users" ON users FOR SELECT TO authenticated USING (country = 'CH' AND "emailVerified");
ALTER TABLE session RENAME CONSTRAINT "session_userId_fkey" TO session_user_fk;
ALTER TABLE api_key DISABLE TRIGGER api_key_set_updated_at;
DROP INDEX idx_account_userId;
COMMENT ON COLUMN users.country IS 'ISO 3166';
COMMENT ON TABLE users IS 'All our users';
GRANT SELECT ON users TO PUBLIC;
ALTER TABLE session SET (fillfactor = 80);
ALTER TABLE account FORCE ROW LEVEL SECURITY;
