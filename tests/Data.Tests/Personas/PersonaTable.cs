using System.Text;
using Data.Access;

namespace Data.Tests.Personas;

/// <summary>
/// Who may do what: the one place it is written down. The tests prove each cell on a real server; docs/personas.md is this
/// table, printed.
/// </summary>
public static class PersonaTable
{
    public static IReadOnlyList<string> Personas { get; } =
    ["anonymous", "member", "another member", "superadmin", "service"];

    public static IReadOnlyList<string> Commands { get; } = ["select", "insert", "update", "delete"];

    private const Access No = Access.Denied;
    private const Access Own = Access.Own;
    private const Access All = Access.All;
    private const Access Pub = Access.Public;
    private const Access OwnPub = Access.OwnAndPublic;

    // Rows: table. In each: anonymous, member, superadmin, service; in each of those: select, insert, update, delete.
    private static readonly Dictionary<string, Access[][]> Cells = new()
    {
        ["users"] =
        [
            [No, No, No, No],
            [Own, No, Own, No],
            [All, No, All, All],
            [All, All, All, All],
        ],
        ["session"] =
        [
            [No, No, No, No],
            [Own, No, No, No],
            [All, No, No, No],
            [All, All, All, All],
        ],
        ["account"] =
        [
            [No, No, No, No],
            [Own, No, No, No],
            [All, No, No, No],
            [All, All, All, All],
        ],
        ["verification"] =
        [
            [No, No, No, No],
            [No, No, No, No],
            [No, No, No, No],
            [All, All, All, All],
        ],
        ["users_metas"] =
        [
            [Pub, No, No, No],
            [OwnPub, Own, Own, Own],
            [All, All, All, All],
            [All, All, All, All],
        ],
        ["api_key"] =
        [
            [No, No, No, No],
            [Own, No, Own, Own],
            [All, No, All, All],
            [All, All, All, All],
        ],
        ["api_audit_log"] =
        [
            [No, No, No, No],
            [Own, No, No, No],
            [All, No, No, No],
            [All, All, No, No],
        ],
    };

    public static IEnumerable<string> Tables => Cells.Keys;

    public static Access Expected(string persona, string table, string command) =>
        Cells[table][PersonaColumn(persona)][Commands.ToList().IndexOf(command)];

    public static Persona Of(string persona) =>
        persona switch
        {
            "anonymous" => Persona.Anonymous,
            "member" => Persona.User(People.Anna),
            "another member" => Persona.User(People.Ben),
            "superadmin" => Persona.User(People.Root),
            "service" => Persona.Service,
            _ => throw new ArgumentOutOfRangeException(nameof(persona), persona, null),
        };

    public static TheoryData<string, string, string> AllCells()
    {
        var cells = new TheoryData<string, string, string>();
        foreach (var persona in Personas)
        {
            foreach (var table in Tables)
            {
                foreach (var command in Commands)
                {
                    cells.Add(persona, table, command);
                }
            }
        }

        return cells;
    }

    public static string ToMarkdown()
    {
        var text = new StringBuilder(
            """
            # Who may do what

            Row-level security and grants, as they are proven cell by cell on a real server, through the DbContext and through
            SQL run as the role. "Own" means rows that belong to the persona, "public" rows of `users_metas` marked so. A dash is
            refused.

            | table | command | anonymous | member | superadmin | service |
            |---|---|---|---|---|---|

            """
        );
        foreach (var table in Tables)
        {
            foreach (var command in Commands)
            {
                var cells = new[] { "anonymous", "member", "superadmin", "service" }.Select(persona =>
                    Expected(persona, table, command) switch
                    {
                        Access.Denied => "–",
                        Access.Own => "own",
                        Access.Public => "public",
                        Access.OwnAndPublic => "own, public",
                        _ => "all",
                    }
                );
                text.Append($"| {table} | {command} | {string.Join(" | ", cells)} |\n");
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
            | users | – | name, firstName, lastName, image, country, timezone, language |
            | users_metas | id, userId, metaKey, metaValue, dataType, isPublic, isSearchable | metaKey, metaValue, dataType, isPublic, isSearchable |
            | api_key | – | name, status, ipWhitelist |

            These are never shown to a signed-in user: `session.token`, `account.password`, `account.accessToken`,
            `account.refreshToken`, `account.idToken`, `api_key.keyHash` and the whole of `verification`.

            An API key that has expired is no longer its owner's to change; they can delete it.

            `api_audit_log` is append-only for everybody, its owner included: `UPDATE`, `DELETE` and `TRUNCATE` are refused. Old rows
            leave through `app_private.delete_audit_log_before(cutoff)`, which the owner runs, and with the user or key they
            belong to.

            """
        );
        return text.ToString();
    }

    private static int PersonaColumn(string persona) =>
        persona switch
        {
            "anonymous" => 0,
            "member" or "another member" => 1,
            "superadmin" => 2,
            "service" => 3,
            _ => throw new ArgumentOutOfRangeException(nameof(persona), persona, null),
        };
}
