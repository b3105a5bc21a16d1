DROP POLICY api_key_update_authenticated ON public.api_key;
