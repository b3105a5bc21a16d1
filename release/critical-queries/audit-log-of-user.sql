-- The newest calls of one user.
-- role: service_role
-- rows: <= 50
-- time: 100ms
-- plan: uses-index idx_api_audit_log_userId_createdAt
SELECT endpoint, method, "statusCode", "createdAt"
FROM api_audit_log
WHERE "userId" = (SELECT id FROM users ORDER BY id LIMIT 1)
ORDER BY "createdAt" DESC
LIMIT 50;
