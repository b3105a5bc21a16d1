using System.Collections.Immutable;
using MigrationSafety.Statements.Lexing;
using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Statements.State;

/// <summary>What statements about other objects than tables make of a schema.</summary>
internal static class ObjectChanges
{
    public static SchemaState Apply(SchemaState schema, Statement statement)
    {
        switch (statement)
        {
            case CreateSchema { Name: { } name }:
                return schema.Schemas.ContainsKey(name)
                    ? schema
                    : schema with
                    {
                        Schemas = schema.Schemas.SetItem(name, schema.Migration),
                    };
            case CreateType { Labels: { } labels } create:
                return WithEnum(schema, new EnumState(Created(schema, create.Name), [.. labels], schema.Migration));
            case AddEnumValue add when schema.Enums.TryGetValue(schema.Resolve(add.Type), out var type):
                return type.Labels.Contains(add.Label)
                    ? schema
                    : WithEnum(schema, type with { Labels = type.Labels.Add(add.Label) });
            case RenameEnumValue rename when schema.Enums.TryGetValue(schema.Resolve(rename.Type), out var type):
                return WithEnum(
                    schema,
                    type with
                    {
                        Labels = type.Labels.ConvertAll(l => l == rename.From ? rename.To : l),
                    }
                );
            case CreateDomain create:
                var domain = Created(schema, create.Name);
                return schema with
                {
                    Domains = schema.Domains.SetItem(domain, create.Type),
                    ConstrainedDomains = create.IsConstrained
                        ? schema.ConstrainedDomains.Add(domain)
                        : schema.ConstrainedDomains.Remove(domain),
                };
            case AlterDomain { Action: "ADD" or "SET NOT NULL" } alter:
                return schema with { ConstrainedDomains = schema.ConstrainedDomains.Add(Created(schema, alter.Name)) };
            case CreateRoutine create:
                return WithRoutine(schema, create);
            case AlterRoutine alter:
                return Alter(schema, alter);
            case CreateView create:
                return CreateView(schema, create);
            case CreateTrigger create:
                var triggered = schema.TableOrUnknown(create.Table);
                return schema.With(triggered with { Triggers = triggered.Triggers.Add(create.Name) });
            case CreatePolicy create:
                var protectedTable = schema.TableOrUnknown(create.Table);
                return schema.With(protectedTable with { Policies = protectedTable.Policies.Add(create) });
            case AlterPolicy alter:
                var altered = schema.TableOrUnknown(alter.Table);
                return schema.With(
                    altered with
                    {
                        Policies = altered.Policies.ConvertAll(p =>
                            p.Name != alter.Name
                                ? p
                                : p with
                                {
                                    Name = alter.RenamedTo ?? p.Name,
                                    Roles = alter.Roles ?? p.Roles,
                                    Using = alter.Using ?? p.Using,
                                    WithCheck = alter.WithCheck ?? p.WithCheck,
                                }
                        ),
                    }
                );
            case GrantStatement grant:
                return schema with
                {
                    Grants = schema.Grants.Add(
                        grant.AllInSchema || grant.Kind is ObjectKind.Schema or ObjectKind.Database
                            ? grant
                            : grant with
                            {
                                Objects = [.. grant.Objects.Select(schema.Resolve)],
                            }
                    ),
                };
            case AlterDefaultPrivileges privileges:
                return schema with { DefaultPrivileges = schema.DefaultPrivileges.Add(privileges) };
            case AlterObject { Kind: ObjectKind.Schema, RenamedTo: { } renamed } alter:
                return RenamedSchema(schema, alter.Name.Name, renamed);
            case AlterObject { Kind: ObjectKind.Type } alter
                when schema.Enums.TryGetValue(schema.Resolve(alter.Name), out var type):
                var moved = type.Name with
                {
                    Name = alter.RenamedTo ?? type.Name.Name,
                    Schema = alter.NewSchema ?? type.Name.Schema,
                };
                return WithEnum(schema with { Enums = schema.Enums.Remove(type.Name) }, type with { Name = moved });
            default:
                return schema;
        }
    }

    public static SchemaState Drop(SchemaState schema, DropStatement drop)
    {
        foreach (var name in drop.Names)
        {
            var full = schema.Resolve(name);
            schema = drop.Kind switch
            {
                ObjectKind.Table or ObjectKind.ForeignTable => WithoutTable(schema, full),
                ObjectKind.Index => schema with { Indexes = schema.Indexes.Remove(full) },
                ObjectKind.View or ObjectKind.MaterializedView => schema with { Views = schema.Views.Remove(full) },
                ObjectKind.Type => schema with { Enums = schema.Enums.Remove(full) },
                ObjectKind.Domain => schema with { Domains = schema.Domains.Remove(full) },
                ObjectKind.Function or ObjectKind.Procedure or ObjectKind.Routine => schema with
                {
                    Routines = schema.Routines.Remove(full),
                },
                ObjectKind.Schema => WithoutSchema(schema, name.Name),
                ObjectKind.Policy when drop.On is { } on => OnTable(
                    on,
                    table => table with { Policies = table.Policies.RemoveAll(p => p.Name == name.Name) }
                ),
                ObjectKind.Trigger when drop.On is { } on => OnTable(
                    on,
                    table => table with { Triggers = table.Triggers.Remove(name.Name) }
                ),
                _ => schema,
            };
        }

        return schema;

        SchemaState OnTable(ObjectName on, Func<TableState, TableState> change) =>
            schema.Table(on) is { } table ? schema.With(change(table)) : schema;
    }

    public static SchemaState OfView(SchemaState schema, ObjectName name, TableAction action)
    {
        if (!schema.Views.TryGetValue(name, out var view))
        {
            return schema;
        }

        return action switch
        {
            SetOptions { IsReset: false } set => schema with
            {
                Views = schema.Views.SetItem(name, view with { Options = view.Options.SetItems(set.Options) }),
            },
            SetOptions reset => schema with
            {
                Views = schema.Views.SetItem(
                    name,
                    view with
                    {
                        Options = view.Options.RemoveRange(reset.Options.Keys),
                    }
                ),
            },
            RenameTo rename => Moved(name with { Name = rename.Name }),
            SetSchema set => Moved(name with { Schema = set.Schema }),
            _ => schema,
        };

        SchemaState Moved(ObjectName to) =>
            schema with
            {
                Views = schema.Views.Remove(name).SetItem(to, view with { Name = to }),
            };
    }

    /// <summary>The schemas of a search path as it is written; public stands in for an empty one.</summary>
    public static ImmutableList<string> SearchPathOf(string? value)
    {
        var schemas = SqlLexer
            .Read(value ?? "public")
            .Where(token => token.Kind is SqlTokenKind.Word or SqlTokenKind.QuotedName or SqlTokenKind.String)
            .Select(token => token.Name)
            .Where(name => name is not ("" or "$user" or "pg_catalog" or "pg_temp"))
            .ToImmutableList();
        return schemas.IsEmpty ? ["public"] : schemas;
    }

    private static ObjectName Created(SchemaState schema, ObjectName name) =>
        name.Schema is not null
            ? name
            : name with
            {
                Schema = schema.SearchPath.IsEmpty ? "public" : schema.SearchPath[0],
            };

    private static SchemaState WithEnum(SchemaState schema, EnumState type) =>
        schema with
        {
            Enums = schema.Enums.SetItem(type.Name, type),
        };

    private static SchemaState WithRoutine(SchemaState schema, CreateRoutine create)
    {
        var name = Created(schema, create.Name);
        var overloads = schema
            .Routines.GetValueOrDefault(name, [])
            .RemoveAll(r => Bare(r.Definition.Arguments) == Bare(create.Arguments));
        return schema with
        {
            Routines = schema.Routines.SetItem(
                name,
                overloads.Add(new RoutineState(create with { Name = name }, schema.Migration))
            ),
        };

        static string Bare(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c))).ToLowerInvariant();
    }

    private static SchemaState Alter(SchemaState schema, AlterRoutine alter)
    {
        var name = Created(schema, alter.Name);
        if (!schema.Routines.TryGetValue(name, out var routines))
        {
            return schema;
        }

        var to = name with { Name = alter.RenamedTo ?? name.Name, Schema = alter.NewSchema ?? name.Schema };
        return schema with
        {
            Routines = schema
                .Routines.Remove(name)
                .SetItem(
                    to,
                    routines.ConvertAll(r =>
                        r with
                        {
                            Definition = r.Definition with
                            {
                                Name = to,
                                SearchPath = alter.SearchPath ?? r.Definition.SearchPath,
                                SecurityDefiner = alter.SecurityDefiner ?? r.Definition.SecurityDefiner,
                                Volatility = alter.Volatility ?? r.Definition.Volatility,
                            },
                        }
                    )
                ),
        };
    }

    private static SchemaState CreateView(SchemaState schema, CreateView create)
    {
        if (create.IsTemporary)
        {
            return schema;
        }

        var name = Created(schema, create.Name);
        return create.IfNotExists && schema.Views.ContainsKey(name)
            ? schema
            : schema with
            {
                Views = schema.Views.SetItem(
                    name,
                    new ViewState(
                        name,
                        create.IsMaterialized,
                        create.Options.ToImmutableDictionary(),
                        create.Query,
                        schema.Migration
                    )
                ),
            };
    }

    private static SchemaState WithoutTable(SchemaState schema, ObjectName name) =>
        schema with
        {
            Tables = schema.Tables.Remove(name),
            Indexes = schema.Indexes.RemoveRange(schema.Indexes.Values.Where(i => i.Table == name).Select(i => i.Name)),
        };

    private static SchemaState WithoutSchema(SchemaState schema, string name) =>
        schema with
        {
            Schemas = schema.Schemas.Remove(name),
            Tables = schema.Tables.RemoveRange(schema.Tables.Keys.Where(t => t.Schema == name)),
            Indexes = schema.Indexes.RemoveRange(schema.Indexes.Keys.Where(t => t.Schema == name)),
            Views = schema.Views.RemoveRange(schema.Views.Keys.Where(t => t.Schema == name)),
            Enums = schema.Enums.RemoveRange(schema.Enums.Keys.Where(t => t.Schema == name)),
            Routines = schema.Routines.RemoveRange(schema.Routines.Keys.Where(t => t.Schema == name)),
        };

    private static SchemaState RenamedSchema(SchemaState schema, string from, string to)
    {
        return schema with
        {
            Schemas = schema.Schemas.Remove(from).SetItem(to, schema.Schemas.GetValueOrDefault(from)),
            Tables = schema.Tables.ToImmutableDictionary(t => Moved(t.Key), t => t.Value with { Name = Moved(t.Key) }),
            Indexes = schema.Indexes.ToImmutableDictionary(
                i => Moved(i.Key),
                i => i.Value with { Name = Moved(i.Key), Table = Moved(i.Value.Table) }
            ),
            Views = schema.Views.ToImmutableDictionary(v => Moved(v.Key), v => v.Value with { Name = Moved(v.Key) }),
            Enums = schema.Enums.ToImmutableDictionary(e => Moved(e.Key), e => e.Value with { Name = Moved(e.Key) }),
        };

        ObjectName Moved(ObjectName name) => name.Schema == from ? name with { Schema = to } : name;
    }
}
