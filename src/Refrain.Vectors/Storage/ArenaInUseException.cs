namespace Refrain.Vectors;

/// <summary>The arena is open already. Callers see an <see cref="IOException"/>.</summary>
internal sealed class ArenaInUseException : IOException
{
    public ArenaInUseException(string lockPath, Exception? inner)
        : base($"The index is in use: another index, in this process or another one, holds '{lockPath}'. Close it, or use another path.", inner)
    {
    }
}
