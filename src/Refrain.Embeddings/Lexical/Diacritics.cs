namespace Refrain.Embeddings;

/// <summary>Takes the accents off Latin letters, as hurried typing does.</summary>
internal static class Diacritics
{
    // From U+00E0; a blank stands for a letter of its own.
    private const string Latin1 = "aaaaaa ceeeeiiii nooooo  uuuuy y";

    // From U+0100, in pairs of upper and lower case.
    private const string ExtendedA = "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii  jjkk llllllllllnnnnnnn  oooooo  rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

    /// <summary>The plain letter; '\0' for a combining mark; the letter itself where there is none.</summary>
    internal static char Plain(char c)
    {
        if (c is >= '\u0300' and < '\u0370') return '\0';
        if (c is >= '\u00E0' and <= '\u00FF') return Latin1[c - '\u00E0'] is not ' ' and char plain ? plain : c;
        if (c is >= '\u0100' and <= '\u017F') return ExtendedA[c - '\u0100'] is not ' ' and char extended ? extended : c;
        return c;
    }
}
