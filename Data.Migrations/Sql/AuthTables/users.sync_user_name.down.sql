DROP TRIGGER sync_user_name ON public.users;
