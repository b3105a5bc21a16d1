-- The shape that the old numbered files leave, written anew from its description: the functions.
CREATE EXTENSION IF NOT EXISTS pgcrypto;
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['anon', 'authenticated', 'service_role'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN', name);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
      END;
    END IF;
  END LOOP;
END
$$;
CREATE FUNCTION public.get_auth_user_id() RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
  v text;
BEGIN
  v := current_setting('app.user_id', true);
  IF v = '' THEN RETURN NULL; END IF;
  RETURN v;
END
$$;
CREATE FUNCTION public.set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW."updatedAt" = now();
  RETURN NEW;
END
$$;
CREATE FUNCTION public.sync_user_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.name := trim(coalesce(NEW."firstName", '') || ' ' || coalesce(NEW."lastName", ''));
  RETURN NEW;
END
$$;
