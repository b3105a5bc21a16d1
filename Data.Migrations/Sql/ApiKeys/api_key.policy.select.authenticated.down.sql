DROP POLICY api_key_select_authenticated ON public.api_key;
