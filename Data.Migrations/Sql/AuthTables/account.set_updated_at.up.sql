CREATE TRIGGER set_updated_at
  BEFORE UPDATE ON public.account
  FOR EACH ROW EXECUTE FUNCTION public.set_updated_at();
