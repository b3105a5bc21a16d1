DROP FUNCTION app_private.refuse_audit_log_change();
