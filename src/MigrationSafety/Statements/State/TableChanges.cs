using MigrationSafety.Statements.Syntax;

namespace MigrationSafety.Statements.State;

/// <summary>What CREATE TABLE, ALTER TABLE and CREATE INDEX make of a schema.</summary>
internal static class TableChanges
{
    public static SchemaState Create(SchemaState schema, CreateTable create)
    {
        var name =
            create.Persistence == Persistence.Temporary ? new ObjectName("pg_temp", create.Name.Name)
            : create.Name.Schema is null
                ? create.Name with
                {
                    Schema = schema.SearchPath.IsEmpty ? "public" : schema.SearchPath[0],
                }
            : create.Name;
        if (create.IfNotExists && schema.Tables.ContainsKey(name))
        {
            return schema;
        }

        var table = new TableState
        {
            Name = name,
            CreatedIn = schema.Migration,
            Persistence = create.Persistence,
            IsForeign = create.IsForeign,
            IsPartitioned = create.PartitionBy is not null,
            PartitionOf = create.PartitionOf is { } parent ? schema.Resolve(parent) : null,
            IsKnown =
                create.Like.Count == 0
                && create.AsQuery is null
                && create.Inherits.Count == 0
                && create.PartitionOf is null
                && create.Columns.Count > 0,
        };
        if (create.Like.Count > 0 || create.PartitionOf is not null)
        {
            foreach (var copied in create.Like.Concat(create.PartitionOf is { } of ? [of] : []))
            {
                foreach (var column in schema.Table(copied)?.Columns ?? [])
                {
                    table = table.With(column with { AddedIn = schema.Migration });
                }
            }
        }

        foreach (var column in create.Columns)
        {
            table = table.With(Column(schema, column));
        }

        schema = schema.With(table);
        return create.Constraints.Aggregate(schema, (state, constraint) => Add(state, name, constraint, isValid: true));
    }

    private static ColumnState Column(SchemaState schema, ColumnDefinition column) =>
        new(
            column.Name,
            column.Type.Stored,
            column.NotNull || column.Type.IsSerial,
            column.Default,
            column.IsIdentity || column.Type.IsSerial,
            column.Generated,
            schema.Migration
        );

    public static SchemaState Create(SchemaState schema, CreateIndex create)
    {
        var table = schema.Resolve(create.Table);
        var name = ConstraintNames.Of(create);
        name = name.Schema is null ? name with { Schema = table.Schema } : name;
        return create.IfNotExists && schema.Indexes.ContainsKey(name)
            ? schema
            : schema with
            {
                Indexes = schema.Indexes.SetItem(
                    name,
                    new IndexState(
                        name,
                        table,
                        create.Unique,
                        create.Method,
                        create.Keys,
                        create.Included,
                        create.Where,
                        OfConstraint: false,
                        schema.Migration
                    )
                ),
            };
    }

    public static SchemaState Alter(SchemaState schema, AlterTable alter)
    {
        // pg_dump and people write ALTER TABLE for views, indexes and sequences too; only what is a table is followed here.
        var resolved = schema.Resolve(alter.Name);
        if (alter.Kind is ObjectKind.Index || schema.Indexes.ContainsKey(resolved))
        {
            return alter.Actions.Aggregate(schema, (state, action) => OfIndex(state, resolved, action));
        }

        if (alter.Kind is ObjectKind.View or ObjectKind.MaterializedView || schema.Views.ContainsKey(resolved))
        {
            return alter.Actions.Aggregate(schema, (state, action) => ObjectChanges.OfView(state, resolved, action));
        }

        if (alter.Kind is ObjectKind.Sequence)
        {
            return schema;
        }

        if (!schema.Tables.ContainsKey(resolved))
        {
            schema = schema.With(schema.TableOrUnknown(resolved));
        }

        foreach (var action in alter.Actions)
        {
            (schema, resolved) = Apply(schema, resolved, action);
        }

        return schema;
    }

    private static SchemaState OfIndex(SchemaState schema, ObjectName name, TableAction action) =>
        action is RenameTo rename && schema.Indexes.TryGetValue(name, out var index)
            ? schema with
            {
                Indexes = schema
                    .Indexes.Remove(name)
                    .SetItem(name with { Name = rename.Name }, index with { Name = name with { Name = rename.Name } }),
            }
            : schema;

    private static (SchemaState Schema, ObjectName Table) Apply(SchemaState schema, ObjectName name, TableAction action)
    {
        var table = schema.TableOrUnknown(name);
        switch (action)
        {
            case AddColumn { Column: var column } add when !(add.IfNotExists && table.Column(column.Name) is not null):
                schema = schema.With(table.With(Column(schema, column)));
                return (
                    column.Constraints.Aggregate(
                        schema,
                        (state, constraint) => Add(state, name, constraint, isValid: true)
                    ),
                    name
                );
            case DropColumn drop:
                return (WithoutColumn(schema, table, drop.Column), name);
            case AlterColumnType alter:
                return (Changed(alter.Column, c => c with { Type = alter.Type }), name);
            case SetDefault set:
                return (Changed(set.Column, c => c with { Default = set.Value }), name);
            case DropDefault drop:
                return (Changed(drop.Column, c => c with { Default = null }), name);
            case SetNotNull set:
                return (Changed(set.Column, c => c with { NotNull = true }), name);
            case DropNotNull drop:
                return (Changed(drop.Column, c => c with { NotNull = false }), name);
            case AddIdentity add:
                return (Changed(add.Column, c => c with { IsIdentity = true }), name);
            case DropIdentity drop:
                return (Changed(drop.Column, c => c with { IsIdentity = false }), name);
            case DropGeneratedExpression drop:
                return (Changed(drop.Column, c => c with { Generated = null }), name);
            case AddConstraint add:
                return (Add(schema, name, add.Constraint, !add.Constraint.IsNotValid), name);
            case ValidateConstraint validate:
                foreach (
                    var proven in table.Constraint(validate.Name) is { Kind: ConstraintKind.NotNull } c ? c.Columns : []
                )
                {
                    table = table.Column(proven) is { } column ? table.With(column with { NotNull = true }) : table;
                }

                return (
                    schema.With(
                        table with
                        {
                            Constraints = table.Constraints.ConvertAll(one =>
                                one.Name == validate.Name ? one with { IsValid = true } : one
                            ),
                        }
                    ),
                    name
                );
            case DropConstraint drop:
                return (
                    schema.With(table with { Constraints = table.Constraints.RemoveAll(c => c.Name == drop.Name) }) with
                    {
                        Indexes = schema.Indexes.Remove(name with { Name = drop.Name }),
                    },
                    name
                );
            case RenameConstraint rename:
                schema = schema.With(
                    table with
                    {
                        Constraints = table.Constraints.ConvertAll(c =>
                            c.Name == rename.From ? c with { Name = rename.To } : c
                        ),
                    }
                );
                return (OfIndex(schema, name with { Name = rename.From }, new RenameTo(rename.To)), name);
            case RenameColumn rename:
                return (RenamedColumn(schema, table, rename), name);
            case RenameTo rename:
                return Moved(schema, table, name with { Name = rename.Name });
            case SetSchema set:
                return Moved(schema, table, name with { Schema = set.Schema });
            case RowLevelSecurity security:
                return (
                    schema.With(
                        table with
                        {
                            RowLevelSecurity = security.Enabled ?? table.RowLevelSecurity,
                            RowLevelSecurityForced = security.Forced ?? table.RowLevelSecurityForced,
                        }
                    ),
                    name
                );
            case AttachPartition attach:
                return (
                    schema.With(schema.TableOrUnknown(schema.Resolve(attach.Partition)) with { PartitionOf = name }),
                    name
                );
            case DetachPartition detach:
                return (
                    schema.With(schema.TableOrUnknown(schema.Resolve(detach.Partition)) with { PartitionOf = null }),
                    name
                );
            default:
                return (schema, name);
        }

        SchemaState Changed(string column, Func<ColumnState, ColumnState> change) =>
            table.Column(column) is { } known ? schema.With(table.With(change(known))) : schema;
    }

    private static SchemaState Add(SchemaState schema, ObjectName name, TableConstraint constraint, bool isValid)
    {
        var table = schema.TableOrUnknown(name);
        var columns = constraint.Columns;
        var constraintName = ConstraintNames.Of(name, constraint);
        var indexName = name with { Name = constraintName };
        if (constraint.UsingIndex is { } taken)
        {
            var old = name with { Name = taken };
            if (schema.Indexes.TryGetValue(old, out var index))
            {
                columns = [.. index.Keys.Select(k => k.Column ?? "")];
                schema = schema with
                {
                    Indexes = schema
                        .Indexes.Remove(old)
                        .SetItem(indexName, index with { Name = indexName, OfConstraint = true }),
                };
            }
        }
        else if (constraint.Kind is ConstraintKind.PrimaryKey or ConstraintKind.Unique)
        {
            schema = schema with
            {
                Indexes = schema.Indexes.SetItem(
                    indexName,
                    new IndexState(
                        indexName,
                        schema.Resolve(name),
                        Unique: true,
                        "btree",
                        [.. columns.Select(c => new IndexKey(c, ObjectName.Quoted(c)))],
                        [],
                        null,
                        OfConstraint: true,
                        schema.Migration
                    )
                ),
            };
        }

        if (constraint.Kind is ConstraintKind.PrimaryKey or ConstraintKind.NotNull && isValid)
        {
            foreach (var column in columns)
            {
                table = table.Column(column) is { } known ? table.With(known with { NotNull = true }) : table;
            }
        }

        return schema.With(
            table with
            {
                Constraints = table.Constraints.Add(
                    new ConstraintState(
                        constraint.Kind,
                        constraintName,
                        columns,
                        constraint.References is { } references ? schema.Resolve(references) : null,
                        constraint.ReferencedColumns ?? [],
                        constraint.Expression,
                        isValid
                    )
                ),
            }
        );
    }

    private static SchemaState WithoutColumn(SchemaState schema, TableState table, string column) =>
        schema.With(
            table with
            {
                Columns = table.Columns.RemoveAll(c => c.Name == column),
                Constraints = table.Constraints.RemoveAll(c =>
                    c.Columns.Contains(column)
                    || (c.Kind == ConstraintKind.Check && c.Expression?.Names(column) == true)
                ),
            }
        ) with
        {
            Indexes = schema.Indexes.RemoveRange(
                schema
                    .Indexes.Values.Where(i =>
                        i.Table == table.Name && (i.Keys.Any(k => k.Column == column) || i.Included.Contains(column))
                    )
                    .Select(i => i.Name)
            ),
        };

    private static SchemaState RenamedColumn(SchemaState schema, TableState table, RenameColumn rename)
    {
        schema = schema.With(
            table with
            {
                Columns = table.Columns.ConvertAll(c => c.Name == rename.From ? c with { Name = rename.To } : c),
                Constraints = table.Constraints.ConvertAll(c => c with { Columns = [.. c.Columns.Select(Renamed)] }),
            }
        );
        return schema with
        {
            Indexes = schema.Indexes.SetItems(
                schema
                    .Indexes.Where(i => i.Value.Table == table.Name)
                    .Select(i =>
                        KeyValuePair.Create(
                            i.Key,
                            i.Value with
                            {
                                Keys =
                                [
                                    .. i.Value.Keys.Select(k =>
                                        k.Column == rename.From ? k with { Column = rename.To } : k
                                    ),
                                ],
                                Included = [.. i.Value.Included.Select(Renamed)],
                            }
                        )
                    )
            ),
        };

        string Renamed(string column) => column == rename.From ? rename.To : column;
    }

    private static (SchemaState Schema, ObjectName Table) Moved(SchemaState schema, TableState table, ObjectName to)
    {
        var from = table.Name;
        var indexes = schema.Indexes.Values.Where(i => i.Table == from).ToList();
        schema = schema with
        {
            Tables = schema.Tables.Remove(from).SetItem(to, table with { Name = to }),
            Indexes = schema
                .Indexes.RemoveRange(indexes.Select(i => i.Name))
                .SetItems(
                    indexes.Select(i =>
                        KeyValuePair.Create(
                            i.Name with
                            {
                                Schema = to.Schema,
                            },
                            i with
                            {
                                Name = i.Name with { Schema = to.Schema },
                                Table = to,
                            }
                        )
                    )
                ),
        };
        foreach (
            var other in schema
                .Tables.Values.Where(t => t.PartitionOf == from || t.Constraints.Any(c => c.References == from))
                .ToList()
        )
        {
            schema = schema.With(
                other with
                {
                    PartitionOf = other.PartitionOf == from ? to : other.PartitionOf,
                    Constraints = other.Constraints.ConvertAll(c =>
                        c.References == from ? c with { References = to } : c
                    ),
                }
            );
        }

        return (schema, to);
    }
}
