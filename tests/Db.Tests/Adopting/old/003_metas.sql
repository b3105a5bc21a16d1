CREATE TABLE users_metas (
  id text PRIMARY KEY DEFAULT gen_random_uuid()::text,
  "userId" text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  "metaKey" text NOT NULL,
  "metaValue" jsonb NOT NULL DEFAULT '{}',
  "dataType" text,
  "isPublic" boolean NOT NULL DEFAULT false,
  "isSearchable" boolean NOT NULL DEFAULT false,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT users_metas_unique_key UNIQUE ("userId", "metaKey")
);
CREATE INDEX idx_users_metas_user_id ON users_metas ("userId");
CREATE INDEX idx_users_metas_key ON users_metas ("metaKey");
CREATE INDEX idx_users_metas_composite ON users_metas ("userId", "metaKey", "isPublic");
CREATE INDEX idx_users_metas_public ON users_metas ("isPublic") WHERE "isPublic" = true;
CREATE INDEX idx_users_metas_searchable ON users_metas ("isSearchable") WHERE "isSearchable" = true;
CREATE INDEX idx_users_metas_searchable_key ON users_metas ("metaKey") WHERE "isSearchable" = true;
CREATE INDEX idx_users_metas_value_gin ON users_metas USING gin ("metaValue");
CREATE INDEX idx_users_metas_value_ops ON users_metas USING gin ("metaValue" jsonb_path_ops);
ALTER TABLE users_metas ENABLE ROW LEVEL SECURITY;
CREATE POLICY users_metas_owner_or_admin_all ON users_metas TO authenticated
  USING (
    "userId" = get_auth_user_id()
    OR EXISTS (SELECT FROM users WHERE id = get_auth_user_id() AND role IN ('admin', 'superadmin'))
  )
  WITH CHECK (
    "userId" = get_auth_user_id()
    OR EXISTS (SELECT FROM users WHERE id = get_auth_user_id() AND role IN ('admin', 'superadmin'))
  );
CREATE POLICY users_metas_public_read ON users_metas FOR SELECT TO anon USING ("isPublic" = true);
CREATE TRIGGER users_metas_set_updated_at BEFORE UPDATE ON users_metas FOR EACH ROW EXECUTE FUNCTION set_updated_at();
GRANT SELECT, INSERT, UPDATE, DELETE ON users_metas TO authenticated, service_role;
GRANT SELECT ON users_metas TO anon;
