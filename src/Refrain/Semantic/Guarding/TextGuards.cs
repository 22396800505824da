namespace Refrain;

/// <summary>The guards by themselves: for calibration, for tests of one's own prompts, and to explain a refusal.</summary>
public static class TextGuards
{
    /// <summary>Whether the answer to one text may be served to another, as far as the guards can tell.</summary>
    /// <param name="asked">The text that is asked now.</param>
    /// <param name="stored">The text that has an answer.</param>
    /// <param name="enabled">The guards to apply.</param>
    /// <returns>The one guard that refuses, or <see cref="Guards.None"/>.</returns>
    /// <remarks>The order of the texts makes no difference. Some microseconds a text of 200 characters.</remarks>
    public static Guards Check(string asked, string stored, Guards enabled = Guards.Default)
    {
        ArgumentNullException.ThrowIfNull(asked);
        ArgumentNullException.ThrowIfNull(stored);
        return GuardRail.Check(GuardRail.Read(asked), GuardRail.Read(stored), enabled);
    }
}
