DROP POLICY users_update_authenticated ON public.users;
