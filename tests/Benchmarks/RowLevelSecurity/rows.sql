-- Users own 50 rows of each table, spread over the whole of it. Foreign keys are not checked and triggers do not run, which
-- changes nothing about what is read.
SET session_replication_role = replica;
INSERT INTO public.users (id, email, role)
SELECT 'user-' || md5(i::text), i || '@example.test', CASE WHEN i = 1 THEN 'superadmin' ELSE 'member' END
FROM generate_series(1, $users) AS i;

INSERT INTO public.users_metas ("userId", "metaKey", "metaValue")
SELECT 'user-' || md5((i % $users + 1)::text), 'key-' || i / $users, pg_catalog.jsonb_build_object('value', i)
FROM generate_series(0, $rows - 1) AS i;

INSERT INTO public.api_key (id, "keyHash", "keyPrefix", name, "userId")
SELECT 'key-' || i, md5(i::text) || md5((-i)::text), 'sk_live_' || i, 'key ' || i, 'user-' || md5((i % $users + 1)::text)
FROM generate_series(0, $rows - 1) AS i;

INSERT INTO public.api_audit_log ("apiKeyId", "userId", endpoint, method, "statusCode", "createdAt")
SELECT
  'key-' || i, 'user-' || md5((i % $users + 1)::text), '/v1/things/' || i, 'GET', 200, now() - random() * interval '90 days'
FROM generate_series(0, $rows - 1) AS i;
