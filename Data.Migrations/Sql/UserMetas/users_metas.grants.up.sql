-- Default privileges (Supabase's give everything to every API role) are taken back first: what stands below is all there is.
-- Whose row it is and what its id is cannot change once it is there.
REVOKE ALL ON TABLE public.users_metas FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT ON TABLE public.users_metas TO anon;
GRANT SELECT, DELETE ON TABLE public.users_metas TO authenticated;
GRANT INSERT (id, "userId", "metaKey", "metaValue", "dataType", "isPublic", "isSearchable")
  ON TABLE public.users_metas TO authenticated;
GRANT UPDATE ("metaKey", "metaValue", "dataType", "isPublic", "isSearchable")
  ON TABLE public.users_metas TO authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE public.users_metas TO service_role;
