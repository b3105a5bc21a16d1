-- Every request: the session of a token, and whose it is.
-- role: service_role
-- rows: 0..1
-- time: 50ms
-- plan: uses-index session_token_key
SELECT s.id, s."expiresAt", u.id, u.role
FROM session s
JOIN users u ON u.id = s."userId"
WHERE s.token = (SELECT token FROM session LIMIT 1);
