DROP POLICY session_select_authenticated ON public.session;
