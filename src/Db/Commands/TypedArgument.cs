using System.CommandLine.Parsing;
using System.Globalization;

namespace Db.Commands;

/// <summary>
/// Reads numbers and choices from the command line. The library's own reading answers a mistype with the name of a .NET
/// type, and a validator that asks for the value of one ends in an exception.
/// </summary>
internal static class TypedArgument
{
    /// <summary>A parser for a whole number, with its limits.</summary>
    public static Func<ArgumentResult, int> WholeNumber(int least, int most = int.MaxValue) =>
        result =>
        {
            var typed = result.Tokens[0].Value;
            if (
                int.TryParse(typed, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                && number >= least
                && number <= most
            )
            {
                return number;
            }

            var limits = most == int.MaxValue ? $"of {least} or more" : $"from {least} to {most}";
            result.AddError($"{Name(result)} {typed}: write a whole number {limits}.");
            return least;
        };

    /// <summary>A parser for one of the names of an enumeration, in whatever case.</summary>
    public static Func<ArgumentResult, T> OneOf<T>()
        where T : struct, Enum =>
        result =>
        {
            var typed = result.Tokens[0].Value;
            var names = Enum.GetNames<T>();

            // Not TryParse alone, which also takes numbers.
            if (names.Contains(typed, StringComparer.OrdinalIgnoreCase))
            {
                return Enum.Parse<T>(typed, ignoreCase: true);
            }

            result.AddError(
                $"{Name(result)} {typed}: write one of {string.Join(", ", names.Select(n => n.ToLowerInvariant()))}."
            );
            return default;
        };

    private static string Name(ArgumentResult result) =>
        result.Parent is OptionResult option ? option.Option.Name : $"<{result.Argument.Name}>";
}
