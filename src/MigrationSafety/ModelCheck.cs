namespace MigrationSafety;

/// <summary>The question whether the model has changes that no migration holds, which a bundle may have behind it when it starts.</summary>
public static class ModelCheck
{
    private const string Switch = "MigrationSafety.ModelIsChecked";

    /// <summary>
    /// Whether it was answered when this program was built: its runtime configuration has the switch
    /// <c>MigrationSafety.ModelIsChecked</c>. A run then neither asks it again nor needs the context's own model.
    /// </summary>
    public static bool WasMadeAtBuild => AppContext.TryGetSwitch(Switch, out var isChecked) && isChecked;
}
