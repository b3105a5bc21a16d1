DROP POLICY users_metas_select_anon ON public.users_metas;
