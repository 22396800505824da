namespace Refrain;

/// <summary>Tells scripts apart by code ranges: enough to see that two texts are not written in the same one.</summary>
internal static class ScriptReader
{
    /// <summary>Numbers given to scripts are below this.</summary>
    internal const int ScriptCount = 16;

    /// <summary>The script of a letter: 1 Latin, 2 Greek, 3 Cyrillic, and so on; 15 for those without a number.</summary>
    internal static int Of(char letter) => letter switch
    {
        < '\u0250' => 1,
        >= '\u0370' and < '\u0400' => 2,
        >= '\u0400' and < '\u0530' => 3,
        >= '\u0530' and < '\u0590' => 4,
        >= '\u0590' and < '\u0600' => 5,
        >= '\u0600' and < '\u0700' or >= '\u0750' and < '\u0780' or >= '\uFB50' and < '\uFE00' or >= '\uFE70' and < '\uFF00' => 6,
        >= '\u0900' and < '\u0980' => 7,
        >= '\u0980' and < '\u0A00' => 8,
        >= '\u0B80' and < '\u0C00' => 9,
        >= '\u0E00' and < '\u0E80' => 10,
        >= '\u1E00' and < '\u1F00' => 1,
        >= '\u1F00' and < '\u2000' => 2,
        >= '\u3040' and < '\u3100' => 11,
        >= '\u3400' and < '\uA000' or >= '\uD840' and < '\uD880' => 12,
        >= '\u1100' and < '\u1200' or >= '\uAC00' and < '\uD7B0' => 13,
        >= '\u10A0' and < '\u1100' => 14,
        _ => 15,
    };
}
