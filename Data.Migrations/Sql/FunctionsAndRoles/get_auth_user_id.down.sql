DROP FUNCTION public.get_auth_user_id();
