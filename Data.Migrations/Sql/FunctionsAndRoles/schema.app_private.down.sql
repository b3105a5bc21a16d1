DROP SCHEMA app_private;
