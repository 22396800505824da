namespace Refrain.Vectors;

/// <summary>What a slot of the file was found to hold.</summary>
internal enum SlotKind : byte
{
    /// <summary>Nothing: all bytes are zero.</summary>
    Free,

    /// <summary>A record whose checksum is right.</summary>
    Whole,

    /// <summary>A record that was replaced or removed, and not erased yet.</summary>
    Retired,

    /// <summary>Anything else: what a death in the middle of a write, or the disk, made of a record.</summary>
    Torn,
}
