DROP POLICY account_select_authenticated ON public.account;
