namespace Refrain;

/// <summary>Cuts a text into words, numbers and signs.</summary>
internal static class TextScanner
{
    /// <summary>Fills <paramref name="tokens"/>, which has room for one token a UTF-16 unit.</summary>
    /// <returns>Tokens found.</returns>
    internal static int Scan(ReadOnlySpan<char> text, Span<Token> tokens)
    {
        int count = 0;
        bool adjacent = false;
        for (int i = 0; i < text.Length;)
        {
            char c = text[i];
            if (char.IsWhiteSpace(c))
            {
                adjacent = false;
                i++;
                continue;
            }

            ref Token token = ref tokens[count++];
            token = default;
            token.Start = i;
            token.Adjacent = adjacent;
            if (IsLetter(c)) ScanWord(text, ref token);
            else if (char.IsAsciiDigit(c)) ScanNumber(text, ref token);
            else ScanSign(c, ref token);
            i += token.Length;
            adjacent = true;
        }

        return count;
    }

    private static bool IsLetter(char c) =>
        c < 128 ? (uint)((c | 0x20) - 'a') <= 'z' - 'a' : char.IsLetter(c) || char.IsSurrogate(c) || char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.SpacingCombiningMark;

    private static void ScanWord(ReadOnlySpan<char> text, ref Token token)
    {
        int i = token.Start;
        ulong hash = WordHash.Seed;
        for (; i < text.Length; i++)
        {
            char c = text[i];
            bool inside = IsLetter(c) || (c is '\'' or '\u2019' && i + 1 < text.Length && IsLetter(text[i + 1]));
            if (!inside) break;
            hash = WordHash.Step(hash, WordHash.Fold(c));
        }

        token.Kind = TokenKind.Word;
        token.Length = i - token.Start;
        token.Hash = WordHash.Finish(hash);
        token.Traits = Lexicon.Find(token.Hash).Traits;
        token.Capitalised = token.Length > 1 && char.IsUpper(text[token.Start]) && char.IsLower(text[token.Start + 1]);
    }

    private static void ScanNumber(ReadOnlySpan<char> text, ref Token token)
    {
        ReadOnlySpan<char> rest = text[token.Start..];
        token.Length = DateLength(rest);
        if (token.Length > 0)
        {
            token.Kind = TokenKind.Date;
            return;
        }

        int i = 0;
        bool clock = false;
        for (; i < rest.Length; i++)
        {
            if (char.IsAsciiDigit(rest[i])) continue;
            bool separates = rest[i] is '.' or ',' or ':' && i + 1 < rest.Length && char.IsAsciiDigit(rest[i + 1]);
            if (!separates) break;
            clock |= rest[i] == ':';
        }

        token.Length = i;
        token.Kind = clock ? TokenKind.Clock : TokenKind.Number;
        if (i > 2 || i + 1 >= rest.Length || rest[i] != '/') return;

        // "3/4" is a day or a fraction: one thing, not two numbers.
        int second = DigitsAt(rest, i + 1);
        if (second is 1 or 2) (token.Length, token.Kind) = (i + 1 + second, TokenKind.Date);
    }

    // 2024-01-05, 5/1/2024, 05.01.24: three runs of digits with one separator.
    private static int DateLength(ReadOnlySpan<char> text)
    {
        int first = DigitsAt(text, 0);
        if (first is not (1 or 2 or 4) || first >= text.Length || text[first] is not ('-' or '/' or '.')) return 0;
        char separator = text[first];
        int second = DigitsAt(text, first + 1);
        int next = first + 1 + second;
        if (second is not (1 or 2) || next >= text.Length || text[next] != separator) return 0;
        int third = DigitsAt(text, next + 1);
        if (third == 0 || (first == 4 ? third > 2 : third is not (2 or 4))) return 0;
        int end = next + 1 + third;
        if (end + 1 < text.Length && text[end] == separator && char.IsAsciiDigit(text[end + 1])) return 0;
        return separator == '.' && third < 4 && first < 4 ? 0 : end;
    }

    private static int DigitsAt(ReadOnlySpan<char> text, int start)
    {
        int i = start;
        while (i < text.Length && char.IsAsciiDigit(text[i])) i++;
        return i - start;
    }

    private static void ScanSign(char c, ref Token token)
    {
        token.Kind = TokenKind.Sign;
        token.Length = 1;
        token.Sign = c;
    }
}
