-- The view reads public.users as its owner, whom row-level security does not hold back.
SELECT pg_get_userbyid(relowner) INTO owner_role FROM pg_class WHERE oid = to_regclass('public.users');
IF owner_role <> CURRENT_USER THEN
  EXECUTE format('ALTER SCHEMA app_private OWNER TO %I', owner_role);
  EXECUTE format('ALTER VIEW app_private.caller OWNER TO %I', owner_role);
  IF to_regclass('public.api_audit_log') IS NOT NULL THEN
    EXECUTE format('ALTER FUNCTION app_private.refuse_audit_log_change() OWNER TO %I', owner_role);
    EXECUTE format('ALTER FUNCTION app_private.delete_audit_log_before(timestamptz, integer) OWNER TO %I', owner_role);
  END IF;
END IF;
