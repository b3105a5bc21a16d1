DROP POLICY users_metas_insert_authenticated ON public.users_metas;
