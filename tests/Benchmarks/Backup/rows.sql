-- 1,000,000 rows for $rows = 1000000: texts, JSON and times as an application writes them, no two alike.
SET session_replication_role = replica;
INSERT INTO public.users (id, email, name)
SELECT 'user-' || md5(i::text), i || '@example.test', 'Name ' || md5((-i)::text)
FROM generate_series(1, $rows / 50) AS i;

INSERT INTO public.api_key (id, "keyHash", "keyPrefix", name, "userId")
SELECT 'key-' || i, md5(i::text) || md5((-i)::text), 'sk_live_' || i, 'key ' || i, 'user-' || md5((i % ($rows / 50) + 1)::text)
FROM generate_series(1, $rows / 100) AS i;

INSERT INTO public.users_metas ("userId", "metaKey", "metaValue")
SELECT
  'user-' || md5((i % ($rows / 50) + 1)::text), 'key-' || i,
  pg_catalog.jsonb_build_object('value', i, 'text', md5(i::text), 'list', pg_catalog.jsonb_build_array(i, i + 1, i + 2))
FROM generate_series(1, $rows / 2 - $rows / 100) AS i;

INSERT INTO public.api_audit_log ("apiKeyId", "userId", endpoint, method, "statusCode", "userAgent", "createdAt")
SELECT
  'key-' || i % ($rows / 100) + 1, 'user-' || md5((i % ($rows / 50) + 1)::text), '/v1/things/' || i, 'GET', 200,
  'agent ' || md5(i::text), now() - i * interval '1 second'
FROM generate_series(1, $rows / 2 - $rows / 50) AS i;
