namespace Refrain.Gateway;

/// <summary>A question a line; no groups.</summary>
internal sealed class TextPromptReader : PromptLineReader
{
    public override Prompt? Read(string line) => string.IsNullOrWhiteSpace(line) ? null : new Prompt(line, Group: null);
}
