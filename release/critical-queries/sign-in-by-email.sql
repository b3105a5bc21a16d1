-- Signing in: the user of an e-mail address, with their password's hash.
-- role: service_role
-- rows: 0..1
-- time: 50ms
-- plan: uses-index users_email_key, no-seq-scan account
SELECT u.id, u.name, a.password
FROM users u
LEFT JOIN account a ON a."userId" = u.id AND a."providerId" = 'credential'
WHERE u.email = (SELECT email FROM users LIMIT 1);
