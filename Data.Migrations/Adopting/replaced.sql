-- What the seven numbered SQL files made around the tables, found by what it is and not by what it is called: names differ from
-- one database to the next. Each row is one thing that goes away (becomes is null) or gets our name.
WITH ours AS (
  SELECT c.oid, c.relname::text AS relation
  FROM pg_class AS c
  WHERE c.relnamespace = to_regnamespace('public') AND c.relkind = 'r'
    AND c.relname IN ('users', 'verification', 'account', 'session', 'users_metas', 'api_key', 'api_audit_log')
),
wanted_constraint (relation, definition, becomes) AS (
  VALUES
    {constraints}
),
found_constraint AS (
  SELECT o.relation, k.conname::text AS name, pg_get_constraintdef(k.oid) AS definition
  FROM ours AS o JOIN pg_constraint AS k ON k.conrelid = o.oid
  WHERE k.contype IN ('p', 'u', 'f', 'c')
),
renamed_constraint AS (
  SELECT DISTINCT ON (f.relation, w.becomes) f.relation, f.name, w.becomes
  FROM found_constraint AS f JOIN wanted_constraint AS w USING (relation, definition)
  WHERE NOT EXISTS (SELECT FROM found_constraint AS g WHERE (g.relation, g.name) = (f.relation, w.becomes))
  ORDER BY f.relation, w.becomes, f.name
),
-- Indexes that repeat a unique constraint or a prefix of another index, or that serve no query. Each gets a name that nobody
-- else uses, by which it is dropped concurrently afterwards.
wanted_index (relation, definition, becomes) AS (
  VALUES
    {indexes},
    ('users', 'btree (country)', 'replaced_users_country'),
    ('users', 'btree (email)', 'replaced_users_email'),
    ('users', 'btree ("firstName")', 'replaced_users_firstName'),
    ('users', 'btree (language)', 'replaced_users_language'),
    ('users', 'btree (name)', 'replaced_users_name'),
    ('users', 'btree (role)', 'replaced_users_role'),
    ('users', 'btree (timezone)', 'replaced_users_timezone'),
    ('session', 'btree (token)', 'replaced_session_token'),
    ('account', 'btree ("providerId", "accountId")', 'replaced_account_providerId'),
    ('users_metas', 'btree ("userId")', 'replaced_users_metas_userId'),
    ('users_metas', 'btree ("metaKey")', 'replaced_users_metas_metaKey'),
    ('users_metas', 'btree ("userId", "metaKey", "isPublic")', 'replaced_users_metas_composite'),
    ('users_metas', 'btree ("isPublic") WHERE ("isPublic" = true)', 'replaced_users_metas_isPublic'),
    ('users_metas', 'btree ("isPublic") WHERE "isPublic"', 'replaced_users_metas_isPublic_short'),
    ('users_metas', 'btree ("isSearchable") WHERE ("isSearchable" = true)', 'replaced_users_metas_isSearchable'),
    ('users_metas', 'btree ("isSearchable") WHERE "isSearchable"', 'replaced_users_metas_isSearchable_short'),
    ('users_metas', 'btree ("metaKey") WHERE ("isSearchable" = true)', 'replaced_users_metas_searchable_key'),
    ('users_metas', 'gin ("metaValue")', 'replaced_users_metas_value'),
    ('users_metas', 'gin ("metaValue" jsonb_path_ops)', 'replaced_users_metas_value_ops'),
    ('api_key', 'btree ("expiresAt")', 'replaced_api_key_expiresAt'),
    ('api_key', 'btree ("failedAttempts")', 'replaced_api_key_failedAttempts'),
    ('api_key', 'btree ("keyHash")', 'replaced_api_key_keyHash'),
    ('api_key', 'btree ("lockedUntil")', 'replaced_api_key_lockedUntil'),
    ('api_key', 'btree (status)', 'replaced_api_key_status'),
    ('api_audit_log', 'btree ("apiKeyId")', 'replaced_api_audit_log_apiKeyId'),
    ('api_audit_log', 'btree (endpoint)', 'replaced_api_audit_log_endpoint'),
    ('api_audit_log', 'btree ("ipAddress")', 'replaced_api_audit_log_ipAddress'),
    ('api_audit_log', 'btree ("statusCode")', 'replaced_api_audit_log_statusCode'),
    ('api_audit_log', 'btree ("userId")', 'replaced_api_audit_log_userId')
),
found_index AS (
  SELECT o.relation, x.relname::text AS name, substring(pg_get_indexdef(i.indexrelid) FROM ' USING (.*)$') AS definition
  FROM ours AS o JOIN pg_index AS i ON i.indrelid = o.oid JOIN pg_class AS x ON x.oid = i.indexrelid
  WHERE i.indisvalid AND NOT i.indisunique
),
renamed_index AS (
  SELECT DISTINCT ON (f.relation, w.becomes) f.relation, f.name, w.becomes
  FROM found_index AS f JOIN wanted_index AS w USING (relation, definition)
  WHERE NOT EXISTS (
    SELECT FROM found_index AS g WHERE (g.relation, g.name, g.definition) = (f.relation, w.becomes, w.definition)
  )
  ORDER BY f.relation, w.becomes, f.name
),
policy AS (
  SELECT o.relation, o.oid AS table_oid, p.oid, p.polname::text AS name, p.polcmd, p.polpermissive,
    ARRAY(
      SELECT coalesce(r.rolname::text, 'public')
      FROM unnest(p.polroles) AS role LEFT JOIN pg_roles AS r ON r.oid = role
    ) AS roles,
    pg_get_expr(p.polqual, p.polrelid) AS qual
  FROM ours AS o JOIN pg_policy AS p ON p.polrelid = o.oid
),
replaced_policy AS (
  SELECT relation, name
  FROM policy
  WHERE (relation, name) IN (
      ('users', 'users_allow_all'),
      ('session', 'session_allow_all'),
      ('account', 'account_allow_all'),
      ('verification', 'verification_allow_all'),
      ('users_metas', 'users_metas_owner_or_admin_all'),
      ('users_metas', 'users_metas_public_read'),
      ('api_key', 'API key owner or admin can do all'),
      ('api_key', 'Admins can manage api keys'),
      ('api_audit_log', 'API logs owner can select'),
      ('api_audit_log', 'API logs superadmin can select')
    )
    -- Under another name: everything for everybody, beside which no other policy means anything.
    OR polpermissive AND polcmd = '*' AND roles && ARRAY['public', 'anon', 'authenticated'] AND qual = 'true'
    -- Under another name: everything for a row's owner and for superadmins, asked with the identity function and nothing else.
    OR polpermissive AND polcmd = '*' AND roles <@ ARRAY['public', 'authenticated']
      AND EXISTS (
        SELECT FROM pg_depend AS d
        WHERE d.classid = 'pg_policy'::regclass AND d.objid = policy.oid AND d.refclassid = 'pg_proc'::regclass
          AND d.refobjid = to_regprocedure('public.get_auth_user_id()')
      )
      AND NOT EXISTS (
        SELECT FROM pg_depend AS d
        WHERE d.classid = 'pg_policy'::regclass AND d.objid = policy.oid
          AND (
            d.refclassid = 'pg_proc'::regclass
              AND d.refobjid NOT IN (
                SELECT oid FROM pg_proc
                WHERE pronamespace = to_regnamespace('public') AND proname IN ('get_auth_user_id', 'can_bypass_rls', 'is_superadmin')
              )
            OR d.refclassid = 'pg_class'::regclass AND d.refobjid NOT IN (table_oid, to_regclass('public.users'))
          )
      )
    -- Under another name: one's own rows of the audit log, or all of them for superadmins.
    OR relation = 'api_audit_log' AND polpermissive AND polcmd = 'r' AND roles <@ ARRAY['public', 'authenticated']
      AND (qual = '("userId" = public.get_auth_user_id())' OR qual = 'public.can_bypass_rls()' OR qual ~ '^\(EXISTS \( SELECT 1\s+FROM public\.users\s+WHERE \(\(users\.id = public\.get_auth_user_id\(\)\) AND \(users\.role = ''superadmin''::text\)\)\)\)$')
    OR relation = 'users_metas' AND polpermissive AND polcmd = 'r' AND roles <@ ARRAY['public', 'anon']
      AND qual IN ('"isPublic"', '("isPublic" = true)')
),
-- Two triggers that do the same do it twice.
replaced_trigger AS (
  SELECT o.relation, t.tgname::text AS name
  FROM ours AS o JOIN pg_trigger AS t ON t.tgrelid = o.oid
  WHERE NOT t.tgisinternal
    AND t.tgfoid IN (to_regprocedure('public.set_updated_at()'), to_regprocedure('public.sync_user_name()'))
)
SELECT relation, 'constraint' AS kind, name, becomes, 1 AS position,
  format('ALTER TABLE public.%I RENAME CONSTRAINT %I TO %I', relation, name, becomes) AS statement
FROM renamed_constraint
UNION ALL
-- First away from names that ours need, then to ours.
SELECT relation, 'index', name, becomes, CASE WHEN becomes LIKE 'replaced\_%' THEN 2 ELSE 3 END,
  format('ALTER INDEX public.%I RENAME TO %I', name, becomes)
FROM renamed_index
UNION ALL
SELECT relation, 'policy', name, NULL, 4, format('DROP POLICY %I ON public.%I', name, relation) FROM replaced_policy
UNION ALL
SELECT relation, 'trigger', name, NULL, 5, format('DROP TRIGGER %I ON public.%I', name, relation) FROM replaced_trigger
