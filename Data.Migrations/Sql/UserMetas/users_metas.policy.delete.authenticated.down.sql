DROP POLICY users_metas_delete_authenticated ON public.users_metas;
