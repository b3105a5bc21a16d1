DROP POLICY users_delete_authenticated ON public.users;
