DROP TRIGGER set_updated_at ON public.api_key;
