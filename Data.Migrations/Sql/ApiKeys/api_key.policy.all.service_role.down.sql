DROP POLICY api_key_all_service_role ON public.api_key;
