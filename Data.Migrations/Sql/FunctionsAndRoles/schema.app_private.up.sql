-- For what policies and jobs need and no API may call by name: no API role gets USAGE here.
CREATE SCHEMA app_private;
COMMENT ON SCHEMA app_private IS 'For policies and jobs; out of reach of API roles.';
REVOKE ALL ON SCHEMA app_private FROM PUBLIC;
