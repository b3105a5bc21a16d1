DROP FUNCTION app_private.delete_audit_log_before(timestamptz, integer);
