DROP VIEW app_private.caller;
