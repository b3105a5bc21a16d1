-- Tables of ours that no migration made: creating them would fail half-way through, with a message that helps nobody.
IF to_regclass('migrations.adoption') IS NULL AND to_regclass('public.users') IS NOT NULL
  AND NOT EXISTS (
    SELECT FROM migrations."__EFMigrationsHistory" WHERE "MigrationId" = '20261122153835_AuthTables'
  )
THEN
  RAISE EXCEPTION 'The table public.users exists, and no migration made it: this database has to be adopted first.'
    USING HINT = 'Look at what would happen: db adopt --plan';
END IF;
