DROP POLICY users_metas_update_authenticated ON public.users_metas;
