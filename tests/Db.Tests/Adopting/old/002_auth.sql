CREATE TABLE users (
  id text PRIMARY KEY,
  email text UNIQUE NOT NULL,
  "emailVerified" boolean DEFAULT false,
  name text,
  "firstName" text,
  "lastName" text,
  image text,
  country text,
  timezone text,
  language text DEFAULT 'en',
  role text DEFAULT 'member',
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT check_users_role CHECK (role IN ('member', 'superadmin', 'developer'))
);
CREATE TABLE session (
  id text PRIMARY KEY,
  "expiresAt" timestamptz NOT NULL,
  token text UNIQUE NOT NULL,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now(),
  "ipAddress" text,
  "userAgent" text,
  "userId" text NOT NULL REFERENCES users (id) ON DELETE CASCADE
);
CREATE TABLE account (
  id text PRIMARY KEY,
  "accountId" text NOT NULL,
  "providerId" text NOT NULL,
  "userId" text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  password text,
  "accessToken" text,
  "refreshToken" text,
  "idToken" text,
  "accessTokenExpiresAt" timestamptz,
  "refreshTokenExpiresAt" timestamptz,
  scope text,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now(),
  UNIQUE ("providerId", "accountId")
);
CREATE TABLE verification (
  id text PRIMARY KEY,
  identifier text NOT NULL,
  value text NOT NULL,
  "expiresAt" timestamptz NOT NULL,
  "createdAt" timestamptz NOT NULL DEFAULT now(),
  "updatedAt" timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_users_email ON users (email);
CREATE INDEX idx_users_name ON users (name);
CREATE INDEX idx_users_firstname ON users ("firstName");
CREATE INDEX idx_users_country ON users (country);
CREATE INDEX idx_users_timezone ON users (timezone);
CREATE INDEX idx_users_language ON users (language);
CREATE INDEX idx_users_role ON users (role);
CREATE INDEX idx_session_token ON session (token);
CREATE INDEX idx_session_userId ON session ("userId");
CREATE INDEX idx_account_userId ON account ("userId");
CREATE INDEX idx_account_providerId ON account ("providerId", "accountId");
CREATE INDEX idx_verification_identifier ON verification (identifier);
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE session ENABLE ROW LEVEL SECURITY;
ALTER TABLE account ENABLE ROW LEVEL SECURITY;
ALTER TABLE verification ENABLE ROW LEVEL SECURITY;
CREATE POLICY users_allow_all ON users USING (true) WITH CHECK (true);
CREATE POLICY session_allow_all ON session USING (true) WITH CHECK (true);
CREATE POLICY account_allow_all ON account USING (true) WITH CHECK (true);
CREATE POLICY verification_allow_all ON verification USING (true) WITH CHECK (true);
CREATE TRIGGER users_set_updated_at BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER session_set_updated_at BEFORE UPDATE ON session FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER account_set_updated_at BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER verification_set_updated_at BEFORE UPDATE ON verification FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER trigger_sync_user_name BEFORE INSERT OR UPDATE OF "firstName", "lastName" ON users
  FOR EACH ROW EXECUTE FUNCTION sync_user_name();
GRANT SELECT, INSERT, UPDATE, DELETE ON users, session, account, verification TO authenticated, service_role;
