-- Tables of the application's later versions, with foreign keys to ours and policies and triggers that call our functions.
CREATE TYPE team_role AS ENUM ('owner', 'admin', 'member');
CREATE TABLE teams (
  id text PRIMARY KEY DEFAULT gen_random_uuid()::text,
  name text NOT NULL,
  "ownerId" text NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
  "updatedAt" timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE team_members (
  "teamId" text NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
  "userId" text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  role team_role NOT NULL DEFAULT 'member',
  PRIMARY KEY ("teamId", "userId")
);
CREATE TABLE subscriptions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  "userId" text NOT NULL REFERENCES users (id),
  status text NOT NULL
);
CREATE FUNCTION is_superadmin() RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
BEGIN
  RETURN EXISTS (SELECT FROM users WHERE id = get_auth_user_id() AND role = 'superadmin');
END
$$;
ALTER TABLE teams ENABLE ROW LEVEL SECURITY;
ALTER TABLE team_members ENABLE ROW LEVEL SECURITY;
CREATE POLICY teams_select ON teams FOR SELECT TO authenticated
  USING (is_superadmin() OR id IN (SELECT "teamId" FROM team_members WHERE "userId" = get_auth_user_id()));
CREATE POLICY team_members_select ON team_members FOR SELECT TO authenticated USING ("userId" = get_auth_user_id());
CREATE POLICY "Team mates see each other" ON users FOR SELECT TO authenticated
  USING (id IN (SELECT "userId" FROM team_members));
CREATE TRIGGER teams_set_updated_at BEFORE UPDATE ON teams FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE FUNCTION count_role_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER users_role_changed AFTER UPDATE OF role ON users FOR EACH ROW EXECUTE FUNCTION count_role_change();
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'old_runtime') THEN
    CREATE ROLE old_runtime NOLOGIN IN ROLE authenticated;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO old_runtime;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO old_runtime;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO old_runtime;
GRANT SELECT ON teams, team_members TO authenticated;
INSERT INTO teams (id, name, "ownerId") SELECT 'team-' || n, 'Team', 'user-' || n FROM generate_series(1, 100) AS n;
INSERT INTO team_members SELECT 'team-' || n % 100 + 1, 'user-' || n, 'member' FROM generate_series(1, 2000) AS n;
INSERT INTO subscriptions ("userId", status) SELECT 'user-' || n, 'active' FROM generate_series(1, 500) AS n;
CREATE SCHEMA reporting;
CREATE TABLE reporting.users (id int PRIMARY KEY, email text);
CREATE VIEW reporting.signups AS SELECT date_trunc('day', "createdAt") AS day, count(*) FROM public.users GROUP BY 1;
