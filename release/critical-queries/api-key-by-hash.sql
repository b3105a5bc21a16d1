-- Every call of the API: the key of a hash.
-- role: service_role
-- rows: 0..1
-- time: 50ms
-- plan: uses-index api_key_keyHash_key
SELECT id, "userId", status, scopes, "expiresAt", "lockedUntil"
FROM api_key
WHERE "keyHash" = (SELECT "keyHash" FROM api_key LIMIT 1);
