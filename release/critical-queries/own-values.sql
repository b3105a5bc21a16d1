-- A member reads their own values, through row-level security.
-- as: member
-- time: 50ms
-- plan: no-seq-scan users_metas
SELECT "metaKey", "metaValue"
FROM users_metas
WHERE "userId" = (SELECT get_auth_user_id());
