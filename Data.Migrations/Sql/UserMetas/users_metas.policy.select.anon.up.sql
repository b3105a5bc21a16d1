CREATE POLICY users_metas_select_anon ON public.users_metas
  FOR SELECT TO anon
  USING ("isPublic");
