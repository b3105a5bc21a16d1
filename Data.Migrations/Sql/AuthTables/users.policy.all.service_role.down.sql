DROP POLICY users_all_service_role ON public.users;
