DROP FUNCTION public.sync_user_name();
