using Npgsql;

namespace Data.Tests.Contract;

/// <summary>The existing application runs on our tables unchanged: names, types, nullability, defaults, keys and the enum.</summary>
public sealed class SchemaContractTests(MigratedServer server)
{
    private const string Columns = """
        account.accessToken text null
        account.accessTokenExpiresAt timestamp with time zone null
        account.accountId text
        account.createdAt timestamp with time zone default now()
        account.id text
        account.idToken text null
        account.password text null
        account.providerId text
        account.refreshToken text null
        account.refreshTokenExpiresAt timestamp with time zone null
        account.scope text null
        account.updatedAt timestamp with time zone default now()
        account.userId text
        api_audit_log.apiKeyId text
        api_audit_log.createdAt timestamp with time zone default now()
        api_audit_log.endpoint text
        api_audit_log.id text default (gen_random_uuid())::text
        api_audit_log.ipAddress text null
        api_audit_log.method text
        api_audit_log.requestBody jsonb null
        api_audit_log.responseTime integer null
        api_audit_log.statusCode integer
        api_audit_log.userAgent text null
        api_audit_log.userId text
        api_key.createdAt timestamp with time zone default now()
        api_key.expiresAt timestamp with time zone null
        api_key.failedAttempts integer null default 0
        api_key.id text default (gen_random_uuid())::text
        api_key.ipWhitelist text[] null
        api_key.keyHash text
        api_key.keyPrefix text
        api_key.lastUsedAt timestamp with time zone null
        api_key.lastUsedIp text null
        api_key.lockedUntil timestamp with time zone null
        api_key.name text
        api_key.scopes text[] null default '{}'::text[]
        api_key.status api_key_status null default 'active'::api_key_status
        api_key.updatedAt timestamp with time zone default now()
        api_key.userId text
        session.createdAt timestamp with time zone default now()
        session.expiresAt timestamp with time zone
        session.id text
        session.ipAddress text null
        session.token text
        session.updatedAt timestamp with time zone default now()
        session.userAgent text null
        session.userId text
        users.country text null
        users.createdAt timestamp with time zone default now()
        users.email text
        users.emailVerified boolean null default false
        users.firstName text null
        users.id text
        users.image text null
        users.language text null default 'en'::text
        users.lastName text null
        users.name text null
        users.role text null default 'member'::text
        users.timezone text null
        users.updatedAt timestamp with time zone default now()
        users_metas.createdAt timestamp with time zone default now()
        users_metas.dataType text null
        users_metas.id text default (gen_random_uuid())::text
        users_metas.isPublic boolean default false
        users_metas.isSearchable boolean default false
        users_metas.metaKey text
        users_metas.metaValue jsonb default '{}'::jsonb
        users_metas.updatedAt timestamp with time zone default now()
        users_metas.userId text
        verification.createdAt timestamp with time zone default now()
        verification.expiresAt timestamp with time zone
        verification.id text
        verification.identifier text
        verification.updatedAt timestamp with time zone default now()
        verification.value text
        """;

    private const string Constraints = """
        account account_pkey PRIMARY KEY (id)
        account account_providerId_accountId_key UNIQUE ("providerId", "accountId")
        account account_userId_fkey FOREIGN KEY ("userId") REFERENCES users(id) ON DELETE CASCADE
        api_audit_log api_audit_log_apiKeyId_fkey FOREIGN KEY ("apiKeyId") REFERENCES api_key(id) ON DELETE CASCADE
        api_audit_log api_audit_log_pkey PRIMARY KEY (id)
        api_audit_log api_audit_log_userId_fkey FOREIGN KEY ("userId") REFERENCES users(id) ON DELETE CASCADE
        api_key api_key_keyHash_key UNIQUE ("keyHash")
        api_key api_key_pkey PRIMARY KEY (id)
        api_key api_key_userId_fkey FOREIGN KEY ("userId") REFERENCES users(id) ON DELETE CASCADE
        session session_pkey PRIMARY KEY (id)
        session session_token_key UNIQUE (token)
        session session_userId_fkey FOREIGN KEY ("userId") REFERENCES users(id) ON DELETE CASCADE
        users check_users_role CHECK ((role = ANY (ARRAY['member'::text, 'superadmin'::text, 'developer'::text])))
        users users_email_key UNIQUE (email)
        users users_pkey PRIMARY KEY (id)
        users_metas users_metas_pkey PRIMARY KEY (id)
        users_metas users_metas_unique_key UNIQUE ("userId", "metaKey")
        users_metas users_metas_userId_fkey FOREIGN KEY ("userId") REFERENCES users(id) ON DELETE CASCADE
        verification verification_pkey PRIMARY KEY (id)
        """;

    // The contract is what must be there; later migrations may add to it.
    [Fact]
    public async Task Columns_are_the_contracts() =>
        AssertContains(
            Columns,
            await ReadAsync(
                """
                SELECT concat(
                  c.relname, '.', a.attname, ' ', format_type(a.atttypid, a.atttypmod),
                  CASE WHEN NOT a.attnotnull THEN ' null' END,
                  ' default ' || pg_get_expr(d.adbin, d.adrelid)
                )
                FROM pg_attribute AS a
                JOIN pg_class AS c ON c.oid = a.attrelid AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
                LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                WHERE a.attnum > 0 AND NOT a.attisdropped
                ORDER BY c.relname COLLATE "C", a.attname COLLATE "C"
                """
            )
        );

    [Fact]
    public async Task Constraints_are_the_contracts() =>
        AssertContains(
            Constraints,
            await ReadAsync(
                """
                SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid))
                FROM pg_constraint
                WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
                ORDER BY conrelid::regclass::text COLLATE "C", conname COLLATE "C"
                """
            )
        );

    [Fact]
    public async Task The_enum_has_the_contracts_labels_in_its_order() =>
        Assert.Equal(
            "active inactive expired",
            await ReadAsync(
                """
                SELECT string_agg(enumlabel, ' ' ORDER BY enumsortorder)
                FROM pg_enum WHERE enumtypid = 'public.api_key_status'::regtype
                """
            )
        );

    [Fact]
    public async Task Every_foreign_key_has_an_index() =>
        Assert.Equal(
            "",
            await ReadAsync(
                """
                SELECT conname FROM pg_constraint AS f
                WHERE contype = 'f' AND NOT EXISTS (
                  SELECT FROM pg_index AS i
                  WHERE i.indrelid = f.conrelid AND i.indpred IS NULL AND i.indkey[0] = f.conkey[1]
                )
                """
            )
        );

    [Fact]
    public async Task No_index_repeats_another() =>
        Assert.Equal(
            "",
            await ReadAsync(
                """
                SELECT a.indexrelid::regclass || ' is a prefix of ' || b.indexrelid::regclass
                FROM pg_index AS a
                JOIN pg_index AS b ON b.indrelid = a.indrelid AND b.indexrelid <> a.indexrelid
                WHERE a.indrelid::regclass::text !~ '^pg_'
                  AND a.indpred IS NULL AND b.indpred IS NULL
                  AND NOT a.indisunique
                  AND (b.indkey::text || ' ') LIKE (a.indkey::text || ' %')
                """
            )
        );

    private static void AssertContains(string contract, string found) =>
        Assert.Empty(contract.ReplaceLineEndings("\n").Split('\n').Except(found.Split('\n')));

    private async Task<string> ReadAsync(string sql)
    {
        await using var database = await server.CreateMigratedAsync();
        await using var connection = await MigratedServer.OpenAsync(database.ConnectionString);
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var lines = new List<string>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            lines.Add(reader.GetString(0));
        }

        return string.Join('\n', lines);
    }
}
