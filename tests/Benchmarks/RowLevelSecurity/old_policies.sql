-- The rights as the seven SQL files wrote them, for a role of their own beside ours: the identity function is VOLATILE and
-- SECURITY DEFINER, so it runs once a row and no index can be used.
CREATE FUNCTION public.old_get_auth_user_id() RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  RETURN nullif(current_setting('app.user_id', true), '');
END
$$;
CREATE ROLE old_authenticated;
GRANT SELECT ON public.users_metas, public.api_key, public.api_audit_log TO old_authenticated;
CREATE POLICY old_select ON public.users_metas FOR SELECT TO old_authenticated
  USING ("userId" = public.old_get_auth_user_id());
CREATE POLICY old_select ON public.api_key FOR SELECT TO old_authenticated
  USING ("userId" = public.old_get_auth_user_id());
CREATE POLICY old_select ON public.api_audit_log FOR SELECT TO old_authenticated
  USING ("userId" = public.old_get_auth_user_id());
