namespace Refrain.Gateway;

/// <summary>Turns the lines of one file into questions, in order.</summary>
internal abstract class PromptLineReader
{
    /// <summary>The question of this line, or null for a header or an empty line.</summary>
    /// <exception cref="FormatException">The line is not of the format.</exception>
    public abstract Prompt? Read(string line);
}
