using System.Text;

namespace Data.Access;

/// <summary>
/// Who may do what: the one place it is written down. The tests prove each cell on a throw-away server, <c>db policies</c>
/// proves each on a live one, and docs/personas.md is this table, printed.
/// </summary>
public static class AccessTable
{
    /// <summary>Somebody not signed in.</summary>
    public const string Anonymous = "anonymous";

    /// <summary>A signed-in user.</summary>
    public const string Member = "member";

    /// <summary>A second signed-in user, to whom the first one's rows are somebody else's.</summary>
    public const string AnotherMember = "another member";

    /// <summary>A signed-in user whose role is superadmin.</summary>
    public const string Superadmin = "superadmin";

    /// <summary>The application itself.</summary>
    public const string Service = "service";

    private const RowAccess No = RowAccess.Denied;
    private const RowAccess Own = RowAccess.Own;
    private const RowAccess All = RowAccess.All;
    private const RowAccess Pub = RowAccess.Public;
    private const RowAccess OwnPub = RowAccess.OwnAndPublic;

    /// <summary>Everybody there is.</summary>
    public static IReadOnlyList<string> Personas { get; } = [Anonymous, Member, AnotherMember, Superadmin, Service];

    /// <summary>What can be done to a row.</summary>
    public static IReadOnlyList<string> Commands { get; } = ["select", "insert", "update", "delete"];

    /// <summary>Every table of the application.</summary>
    public static IReadOnlyList<TableAccess> Tables { get; } =
    [
        new("users")
        {
            OwnerColumn = "id",
            Member = [Own, No, Own, No],
            Superadmin = [All, No, All, All],
            Service = [All, All, All, All],
            Updatable = ["name", "firstName", "lastName", "image", "country", "timezone", "language"],
        },
        new("session")
        {
            OwnerColumn = "userId",
            Member = [Own, No, No, No],
            Superadmin = [All, No, No, No],
            Service = [All, All, All, All],
            Hidden = ["token"],
        },
        new("account")
        {
            OwnerColumn = "userId",
            Member = [Own, No, No, No],
            Superadmin = [All, No, No, No],
            Service = [All, All, All, All],
            Hidden = ["password", "accessToken", "refreshToken", "idToken"],
        },
        new("verification")
        {
            Member = [No, No, No, No],
            Superadmin = [No, No, No, No],
            Service = [All, All, All, All],
        },
        new("users_metas")
        {
            OwnerColumn = "userId",
            PublicColumn = "isPublic",
            Anonymous = [Pub, No, No, No],
            Member = [OwnPub, Own, Own, Own],
            Superadmin = [All, All, All, All],
            Service = [All, All, All, All],
            Insertable = ["id", "userId", "metaKey", "metaValue", "dataType", "isPublic", "isSearchable"],
            Updatable = ["metaKey", "metaValue", "dataType", "isPublic", "isSearchable"],
        },
        new("api_key")
        {
            OwnerColumn = "userId",
            Member = [Own, No, Own, Own],
            Superadmin = [All, No, All, All],
            Service = [All, All, All, All],
            Updatable = ["name", "status", "ipWhitelist"],
            Hidden = ["keyHash"],
        },
        new("api_audit_log")
        {
            OwnerColumn = "userId",
            Member = [Own, No, No, No],
            Superadmin = [All, No, No, No],
            Service = [All, All, No, No],
        },
    ];

    /// <summary>What one persona may do to one table by one command.</summary>
    /// <param name="persona">One of <see cref="Personas"/>.</param>
    /// <param name="table">The name of one of <see cref="Tables"/>.</param>
    /// <param name="command">One of <see cref="Commands"/>.</param>
    public static RowAccess Expected(string persona, string table, string command)
    {
        var rights = Tables.First(t => t.Table == table);
        var ofPersona = persona switch
        {
            Anonymous => rights.Anonymous,
            Member or AnotherMember => rights.Member,
            Superadmin => rights.Superadmin,
            Service => rights.Service,
            _ => throw new ArgumentOutOfRangeException(nameof(persona), persona, null),
        };
        var index = Commands.ToList().IndexOf(command);
        return index >= 0 ? ofPersona[index] : throw new ArgumentOutOfRangeException(nameof(command), command, null);
    }

    /// <summary>A cell as it is printed; a dash is refused.</summary>
    public static string Text(RowAccess access) =>
        access switch
        {
            RowAccess.Denied => "–",
            RowAccess.Own => "own",
            RowAccess.Public => "public",
            RowAccess.OwnAndPublic => "own, public",
            _ => "all",
        };

    /// <summary>The page docs/personas.md.</summary>
    public static string ToMarkdown()
    {
        var text = new StringBuilder(
            """
            # Who may do what

            Row-level security and grants, as they are proven cell by cell on a real server, through the DbContext and through
            SQL run as the role. "Own" means rows that belong to the persona, "public" rows of `users_metas` marked so. A dash is
            refused. `db policies` proves every cell on a live database ([how](policies.md)).

            | table | command | anonymous | member | superadmin | service |
            |---|---|---|---|---|---|

            """
        );
        foreach (var table in Tables)
        {
            foreach (var command in Commands)
            {
                var cells = new[] { Anonymous, Member, Superadmin, Service }.Select(persona =>
                    Text(Expected(persona, table.Table, command))
                );
                text.Append($"| {table.Table} | {command} | {string.Join(" | ", cells)} |\n");
            }
        }

        text.Append(
            """

            Another member has the same rights as a member, over their own rows.

            ## Columns

            What a signed-in user, superadmins included, may write is limited to these columns; everything else about a row is
            decided by the service alone.

            | table | insert | update |
            |---|---|---|

            """
        );
        foreach (var table in Tables.Where(t => t.Insertable.Count + t.Updatable.Count > 0))
        {
            text.Append($"| {table.Table} | {Columns(table.Insertable)} | {Columns(table.Updatable)} |\n");
        }

        text.Append(
            """

            These are never shown to a signed-in user: `session.token`, `account.password`, `account.accessToken`,
            `account.refreshToken`, `account.idToken`, `api_key.keyHash` and the whole of `verification`.

            An API key that has expired is no longer its owner's to change; they can delete it.

            `api_audit_log` is append-only for everybody, its owner included: `UPDATE`, `DELETE` and `TRUNCATE` are refused. Old rows
            leave through `app_private.delete_audit_log_before(cutoff)`, which the owner runs, and with the user or key they
            belong to.

            """
        );
        return text.ToString();

        static string Columns(IReadOnlyList<string> columns) => columns.Count == 0 ? "–" : string.Join(", ", columns);
    }
}
