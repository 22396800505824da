namespace Refrain.Gateway;

/// <summary>A prompt file cannot be read as what its name promises. The message names file, line and remedy.</summary>
internal sealed class PromptFileException : Exception
{
    public PromptFileException(string message) : base(message)
    {
    }

    public PromptFileException(string message, Exception inner) : base(message, inner)
    {
    }
}
