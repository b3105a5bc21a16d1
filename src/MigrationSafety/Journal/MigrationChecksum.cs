using System.Collections;
using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;

namespace MigrationSafety.Journal;

/// <summary>A checksum of what a migration does when applied, to see that it was edited afterwards.</summary>
/// <remarks>
/// Made of the operations as the migration's code builds them, not of the SQL, which changes from one version of EF Core or Npgsql to the
/// next. Only what differs from a default counts, so that a new property in a later EF Core changes nothing; and line endings in SQL do
/// not count, so that a checkout on Windows changes nothing.
/// </remarks>
internal static class MigrationChecksum
{
    public static string Of(Migration migration) => Of(migration.UpOperations);

    public static string Of(IEnumerable<MigrationOperation> operations)
    {
        var text = new StringBuilder();
        foreach (var operation in operations)
        {
            Write(text, operation);
        }

        return "1:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private static void Write(StringBuilder text, object? value)
    {
        switch (value)
        {
            case string s:
                text.Append('"').Append(s.ReplaceLineEndings("\n").Trim()).Append('"');
                break;
            case Type type:
                text.Append(type.FullName);
                break;
            case MigrationOperation operation:
                WriteOperation(text, operation);
                break;
            case Array { Rank: 2 } table:
                text.Append(CultureInfo.InvariantCulture, $"[{table.GetLength(0)}x{table.GetLength(1)}");
                WriteAll(text, table);
                text.Append(']');
                break;
            case IEnumerable values:
                text.Append('[');
                WriteAll(text, values);
                text.Append(']');
                break;
            case IFormattable formattable:
                text.Append(
                    formattable.ToString(value is DateTime or DateTimeOffset ? "O" : null, CultureInfo.InvariantCulture)
                );
                break;
            default:
                text.Append(value);
                break;
        }

        text.Append(';');
    }

    private static void WriteAll(StringBuilder text, IEnumerable values)
    {
        foreach (var value in values)
        {
            Write(text, value);
        }
    }

    private static void WriteOperation(StringBuilder text, MigrationOperation operation)
    {
        text.Append(operation.GetType().Name).Append('{');
        foreach (var (property, unset) in Properties.GetOrAdd(operation.GetType(), PropertiesOf))
        {
            var value = property.GetValue(operation);
            if (!IsDefault(value, property.PropertyType, unset))
            {
                text.Append(property.Name).Append('=');
                Write(text, value);
            }
        }

        foreach (
            var annotation in ((IAnnotatable)operation).GetAnnotations().OrderBy(a => a.Name, StringComparer.Ordinal)
        )
        {
            text.Append('@').Append(annotation.Name).Append('=');
            Write(text, annotation.Value);
        }

        text.Append('}');
    }

    // A thousand migrations hold a dozen kinds of operations.
    private static readonly ConcurrentDictionary<Type, (PropertyInfo Property, object? Unset)[]> Properties = new();

    private static (PropertyInfo Property, object? Unset)[] PropertiesOf(Type operation) =>
        [
            .. operation
                .GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(property =>
                    property.GetIndexParameters().Length == 0
                    // A warning of the operation's, not a part of what it does.
                    && property.Name is not nameof(MigrationOperation.IsDestructiveChange)
                    // The old state, which says nothing about what is done to it, and Annotatable's own plumbing.
                    && property.Name
                        is not ("OldColumn" or "OldTable" or "OldSequence" or "OldDatabase" or "IsReadOnly")
                )
                .OrderBy(property => property.Name, StringComparer.Ordinal)
                .Select(property =>
                    (
                        property,
                        property.PropertyType is { IsValueType: true } type
                            ? RuntimeHelpers.GetUninitializedObject(type)
                            : null
                    )
                ),
        ];

    private static bool IsDefault(object? value, Type type, object? unset) =>
        value switch
        {
            null => true,
            // A property that may hold anything, such as DefaultValue: false is a value there.
            _ when type == typeof(object) => false,
            false or "" => true,
            string => false,
            ICollection { Count: 0 } => true,
            Enum e => Convert.ToInt64(e, CultureInfo.InvariantCulture) == 0,
            ValueType when type.IsValueType && Nullable.GetUnderlyingType(type) is null => value.Equals(unset),
            _ => false,
        };
}
