-- 3,000 users and more than 16,000 rows in all, or another number that the session names, in whichever of the tables are there.
DO $$
DECLARE
  rows integer := coalesce(nullif(current_setting('test.rows', true), ''), '3000');
BEGIN
  INSERT INTO users (id, email, "firstName", "lastName", role, country)
  SELECT 'user-' || n, 'user' || n || '@example.test', 'First' || n, CASE WHEN n % 3 > 0 THEN 'Last' || n END,
    CASE WHEN n % 50 = 0 THEN 'superadmin' ELSE 'member' END, CASE WHEN n % 2 = 0 THEN 'CH' END
  FROM generate_series(1, rows) AS n;
  INSERT INTO account (id, "accountId", "providerId", "userId", password)
  SELECT 'account-' || n, n::text, 'credential', 'user-' || n, 'salt' || n || ':hash' || n FROM generate_series(1, rows) AS n;
  INSERT INTO session (id, "expiresAt", token, "userId")
  SELECT 'session-' || n, now() + interval '1 day', 'token-' || n, 'user-' || n FROM generate_series(1, rows) AS n;
  INSERT INTO verification (id, identifier, value, "expiresAt")
  SELECT 'verification-' || n, 'user' || n, 'value', now() FROM generate_series(1, rows / 5) AS n;
  IF to_regclass('public.users_metas') IS NOT NULL THEN
    INSERT INTO users_metas ("userId", "metaKey", "metaValue", "isPublic", "isSearchable")
    SELECT 'user-' || n, key, jsonb_build_object('value', n), n % 5 = 0, n % 7 = 0
    FROM generate_series(1, rows) AS n, unnest(ARRAY['theme', 'bio']) AS key;
  END IF;
  IF to_regclass('public.api_key') IS NOT NULL THEN
    INSERT INTO api_key (id, "keyHash", "keyPrefix", name, "userId")
    SELECT 'key-' || n, encode(sha256(n::text::bytea), 'hex'), 'sk_live_' || n, 'key', 'user-' || n FROM generate_series(1, rows / 5) AS n;
  END IF;
  IF to_regclass('public.api_audit_log') IS NOT NULL THEN
    INSERT INTO api_audit_log ("apiKeyId", "userId", endpoint, method, "statusCode")
    SELECT 'key-' || 1 + n % (rows / 5), 'user-' || 1 + n % (rows / 5), '/v1/things', 'GET', 200 FROM generate_series(1, rows) AS n;
  END IF;
END
$$;
