DROP POLICY users_select_authenticated ON public.users;
