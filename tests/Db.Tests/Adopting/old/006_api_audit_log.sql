CREATE TABLE api_audit_log (
  id text PRIMARY KEY DEFAULT gen_random_uuid()::text,
  "apiKeyId" text NOT NULL REFERENCES api_key (id) ON DELETE CASCADE,
  "userId" text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  endpoint text NOT NULL,
  method text NOT NULL,
  "statusCode" integer NOT NULL,
  "ipAddress" text,
  "userAgent" text,
  "requestBody" jsonb,
  "responseTime" integer,
  "createdAt" timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_api_audit_key ON api_audit_log ("apiKeyId");
CREATE INDEX idx_api_audit_user ON api_audit_log ("userId");
CREATE INDEX idx_api_audit_endpoint ON api_audit_log (endpoint);
CREATE INDEX idx_api_audit_created ON api_audit_log ("createdAt");
CREATE INDEX idx_api_audit_status ON api_audit_log ("statusCode");
CREATE INDEX idx_api_audit_ip ON api_audit_log ("ipAddress");
ALTER TABLE api_audit_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY "API logs owner can select" ON api_audit_log FOR SELECT TO authenticated USING ("userId" = get_auth_user_id());
CREATE POLICY "API logs superadmin can select" ON api_audit_log FOR SELECT TO authenticated
  USING (EXISTS (SELECT FROM users WHERE id = get_auth_user_id() AND role = 'superadmin'));
GRANT SELECT ON api_audit_log TO authenticated;
GRANT SELECT, INSERT ON api_audit_log TO service_role;
