namespace MigrationSafety;
