namespace Refrain.Vectors;

/// <summary>An arena file is damaged, or was made for something else, and the options say that it must not be set aside.</summary>
public sealed class CorruptArenaException : IOException
{
    /// <summary>Makes an exception without a message of its own.</summary>
    public CorruptArenaException()
    {
    }

    /// <summary>Makes an exception.</summary>
    /// <param name="message">Which file, what was expected, what was found.</param>
    public CorruptArenaException(string message) : base(message)
    {
    }

    /// <summary>Makes an exception.</summary>
    /// <param name="message">Which file, what was expected, what was found.</param>
    /// <param name="innerException">What was thrown meanwhile.</param>
    public CorruptArenaException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
