DROP POLICY users_metas_select_authenticated ON public.users_metas;
