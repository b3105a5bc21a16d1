DROP POLICY users_metas_all_service_role ON public.users_metas;
