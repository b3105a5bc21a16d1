DROP POLICY api_key_delete_authenticated ON public.api_key;
