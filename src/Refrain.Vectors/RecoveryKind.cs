namespace Refrain.Vectors;

/// <summary>In what state an index found its file.</summary>
public enum RecoveryKind
{
    /// <summary>The index lives in memory only: it was made so, or the file could not be used.</summary>
    MemoryOnly,

    /// <summary>There was no file; a new one was made.</summary>
    Created,

    /// <summary>The file was closed in order, and every record was whole.</summary>
    Clean,

    /// <summary>The file was not closed in order, or records in it were damaged: these were dropped, and vectors may be missing.</summary>
    Unclean,

    /// <summary>The file could not be trusted: it was renamed to <see cref="ArenaRecovery.SetAsidePath"/>, and the index is empty.</summary>
    SetAside,
}
