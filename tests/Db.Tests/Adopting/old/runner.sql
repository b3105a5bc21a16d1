CREATE TABLE _migrations (id serial PRIMARY KEY, filename text UNIQUE, executed_at timestamp DEFAULT current_timestamp);
INSERT INTO _migrations (filename) VALUES
  ('001_better_auth_and_functions.sql'), ('002_auth_tables.sql'), ('003_user_metas.sql'), ('004_users_sample_data.sql'),
  ('005_api_key.sql'), ('006_api_audit_log.sql'), ('007_api_key_sample_data.sql');
