CREATE TYPE api_key_status AS ENUM ('active', 'inactive', 'expired');
CREATE TABLE api_key (
  id text PRIMARY KEY DEFAULT gen_random_uuid()::text,
  "keyHash" text UNIQUE NOT NULL,
  "keyPrefix" text NOT NULL,
  name text NOT NULL,
  "userId" text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  "lastUsedAt" timestamptz,
  "expiresAt" timestamptz,
  status api_key_status DEFAULT 'active',
  scopes text[] DEFAULT '{}',
  "failedAttempts" integer DEFAULT 0,
  "lockedUntil" timestamptz,
  "ipWhitelist" text[],
  "lastUsedIp" text,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_api_key_hash ON api_key ("keyHash");
CREATE INDEX idx_api_key_user ON api_key ("userId");
CREATE INDEX idx_api_key_prefix ON api_key ("keyPrefix");
CREATE INDEX idx_api_key_status ON api_key (status);
CREATE INDEX idx_api_key_expires ON api_key ("expiresAt");
CREATE INDEX idx_api_key_failed ON api_key ("failedAttempts");
CREATE INDEX idx_api_key_locked_until ON api_key ("lockedUntil");
ALTER TABLE api_key ENABLE ROW LEVEL SECURITY;
CREATE POLICY "API key owner or admin can do all" ON api_key TO authenticated
  USING (
    "userId" = get_auth_user_id()
    OR EXISTS (SELECT FROM users u WHERE u.id = get_auth_user_id() AND u.role IN ('admin', 'superadmin'))
  );
CREATE TRIGGER api_key_set_updated_at BEFORE UPDATE ON api_key FOR EACH ROW EXECUTE FUNCTION set_updated_at();
GRANT SELECT, INSERT, UPDATE, DELETE ON api_key TO authenticated, service_role;
