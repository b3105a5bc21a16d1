DROP POLICY account_all_service_role ON public.account;
