-- What the retention job looks for before it deletes: the oldest calls.
-- role: owner
-- rows: <= 10000
-- time: 500ms
-- plan: uses-index idx_api_audit_log_createdAt
SELECT id
FROM api_audit_log
WHERE "createdAt" < now() - interval '90 days'
ORDER BY "createdAt"
LIMIT 10000;
