CREATE TRIGGER sync_user_name
  BEFORE INSERT OR UPDATE OF "firstName", "lastName" ON public.users
  FOR EACH ROW EXECUTE FUNCTION public.sync_user_name();
