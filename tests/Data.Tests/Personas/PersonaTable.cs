using Data.Access;

namespace Data.Tests.Personas;

/// <summary>The cells of <see cref="AccessTable"/> as test cases, and who stands for which persona here.</summary>
public static class PersonaTable
{
    public static Persona Of(string persona) =>
        persona switch
        {
            AccessTable.Anonymous => Persona.Anonymous,
            AccessTable.Member => Persona.User(People.Anna),
            AccessTable.AnotherMember => Persona.User(People.Ben),
            AccessTable.Superadmin => Persona.User(People.Root),
            AccessTable.Service => Persona.Service,
            _ => throw new ArgumentOutOfRangeException(nameof(persona), persona, null),
        };

    public static TheoryData<string, string, string> AllCells()
    {
        var cells = new TheoryData<string, string, string>();
        foreach (var persona in AccessTable.Personas)
        {
            foreach (var table in AccessTable.Tables)
            {
                foreach (var command in AccessTable.Commands)
                {
                    cells.Add(persona, table.Table, command);
                }
            }
        }

        return cells;
    }
}
