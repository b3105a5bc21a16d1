using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Db.Commands;

/// <summary>A command with a line for the list of commands, and more for those who ask for its own help.</summary>
/// <param name="name">What is typed.</param>
/// <param name="summary">One line.</param>
/// <param name="details">What it does, what its exit code says, and examples; shown below its options.</param>
internal sealed class DocumentedCommand(string name, string summary, string details) : Command(name, summary)
{
    /// <summary>Makes the root's help show the details of the command that is asked about.</summary>
    public static void ShowDetailsIn(RootCommand root)
    {
        foreach (var option in root.Options.OfType<HelpOption>())
        {
            option.Action = new Help((HelpAction)option.Action!);
        }
    }

    private sealed class Help(HelpAction inner) : SynchronousCommandLineAction
    {
        // Who asks for help does not yet know what is required.
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var code = inner.Invoke(parseResult);
            if (parseResult.CommandResult.Command is DocumentedCommand { Details: var details })
            {
                parseResult.InvocationConfiguration.Output.WriteLine(details);
            }

            return code;
        }
    }

    private string Details { get; } = details;
}
