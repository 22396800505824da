using System.Buffers;

namespace Refrain.Embeddings;

/// <summary>Cuts a text into tokens: folded, contractions spelled out, padding dropped, words reduced to stem and skeleton. One use, then disposed.</summary>
internal ref struct LexicalReader
{
    // A contraction of two letters may stand for two words of eight.
    private const int GrowthMax = 8;
    private const int SkeletonLengthMin = 5;

    private readonly char[] _rentedChars;
    private readonly LexicalToken[] _rentedTokens;
    private readonly Span<char> _chars;
    private readonly Span<LexicalToken> _tokens;
    private int _charCount;
    private int _count;

    internal LexicalReader(ReadOnlySpan<char> text)
    {
        _rentedChars = ArrayPool<char>.Shared.Rent((text.Length * GrowthMax) + GrowthMax);
        _rentedTokens = ArrayPool<LexicalToken>.Shared.Rent((text.Length * 2) + 2);
        _chars = _rentedChars;
        _tokens = _rentedTokens;
        Scan(text);
        DropPhrases();
        LexicalGrammar.SettleRoles(_tokens[.._count]);
        IsStatement = LexicalGrammar.IsStatement(_tokens[.._count]);
        for (int i = 0; i < _count; i++) Reduce(ref _tokens[i]);
    }

    internal readonly ReadOnlySpan<LexicalToken> Tokens => _tokens[.._count];

    /// <summary>Says something instead of asking: "my card is not working", but not "is my card not working".</summary>
    internal bool IsStatement { get; }

    internal readonly ReadOnlySpan<char> StemOf(in LexicalToken token) => _chars.Slice(token.Start, token.Length);

    internal readonly void Dispose()
    {
        ArrayPool<char>.Shared.Return(_rentedChars, clearArray: true);
        ArrayPool<LexicalToken>.Shared.Return(_rentedTokens);
    }

    private void Scan(ReadOnlySpan<char> text)
    {
        for (int i = 0; i < text.Length;)
        {
            char c = text[i];
            if (IsWordChar(c)) i = ScanWord(text, i);
            else if (char.IsAsciiDigit(c)) i = ScanNumber(text, i);
            else i = ScanSign(text, i);
        }
    }

    private static bool IsWordChar(char c) =>
        c < 128 ? (uint)((c | 0x20) - 'a') <= 'z' - 'a' : (char.IsLetter(c) && !IsIdeograph(c)) || char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.SpacingCombiningMark;

    // Written without spaces: each stands for itself.
    private static bool IsIdeograph(char c) => c is >= '\u3040' and < '\uA000' or >= '\uF900' and < '\uFB00';

    private int ScanWord(ReadOnlySpan<char> text, int i)
    {
        int start = _charCount, first = i;
        for (; i < text.Length; i++)
        {
            char c = text[i];
            if (IsWordChar(c)) Append(c);
            else if (c is not ('\'' or '\u2019') || i + 1 == text.Length || !IsWordChar(text[i + 1])) break;
        }

        // "US" among small letters is a country, and no pronoun.
        bool isAcronym = text[first..i] is "US" or "IT" or "WHO" && text.ContainsAnyInRange('a', 'z');
        if (isAcronym) AddToken(start, LexicalHash.Of(text[first..i]));
        else AddWord(start);
        return i;
    }

    // An apostrophe is dropped, so "what's" and "whats" are one word; then a possessive looks like a plural, as it should.
    private void AddWord(int start)
    {
        ulong word = LexicalHash.Of(_chars[start.._charCount]);
        string[]? expansion = LexicalWords.ExpansionOf(word);
        if (expansion is null)
        {
            AddToken(start, word);
            return;
        }

        foreach (string part in expansion)
        {
            start = _charCount;
            part.CopyTo(_chars[start..]);
            _charCount += part.Length;
            AddToken(start, LexicalHash.Of(part));
        }
    }

    private int ScanNumber(ReadOnlySpan<char> text, int i)
    {
        int start = _charCount;
        for (; i < text.Length; i++)
        {
            char c = text[i];
            bool digitNext = i + 1 < text.Length && char.IsAsciiDigit(text[i + 1]);
            if (char.IsAsciiDigit(c)) _chars[_charCount++] = c;
            else if (c is '.' or ':' && digitNext) _chars[_charCount++] = c;
            else if (c != ',' || !digitNext) break;
        }

        AddToken(start, LexicalHash.Of(_chars[start.._charCount]));
        return i;
    }

    // Signs that calculate or name stand for something; the others are punctuation.
    private int ScanSign(ReadOnlySpan<char> text, int i)
    {
        char c = text[i];
        bool telling = c < 128
            ? "+*/=<>^%&|~@#$\\_".Contains(c, StringComparison.Ordinal) || (c == '-' && i + 1 < text.Length && char.IsAsciiDigit(text[i + 1]))
            : !char.IsWhiteSpace(c) && !char.IsPunctuation(c) && !char.IsControl(c);
        if (!telling) return i + 1;
        int start = _charCount;
        _chars[_charCount++] = c;
        AddToken(start, LexicalHash.Of(_chars[start.._charCount]));
        return i + 1;
    }

    private void Append(char c)
    {
        c = c < 128 ? (char)(c | 0x20) : char.ToLowerInvariant(c);
        if (c >= 128) c = Diacritics.Plain(c);
        if (c != '\0') _chars[_charCount++] = c;
    }

    private void AddToken(int start, ulong word)
    {
        if (start == _charCount) return;
        ref LexicalToken token = ref _tokens[_count++];
        token = default;
        token.Word = word;
        token.Start = start;
        token.Length = _charCount - start;
        token.Role = LexicalWords.RoleOf(word);
    }

    private void DropPhrases()
    {
        int kept = 0;
        for (int i = 0; i < _count;)
        {
            int length = LexicalWords.PhraseLength(_tokens[i.._count]);
            bool isAll = kept == 0 && i + length == _count;
            if (length > 0 && !isAll)
            {
                i += length;
                continue;
            }

            _tokens[kept++] = _tokens[i++];
        }

        _count = kept;
    }

    private readonly void Reduce(ref LexicalToken token)
    {
        ulong mark = LexicalWords.ClassOf(token.Word);
        if (mark != 0)
        {
            (token.Stem, token.Skeleton, token.Role, token.IsClass) = (mark, mark, WordRole.Content, true);
            return;
        }

        Span<char> word = _chars.Slice(token.Start, token.Length);
        token.Length = Stemmer.Stem(word);
        token.IsPlural = token.Length < word.Length && word[^1] == 's';
        ReadOnlySpan<char> stem = word[..token.Length];
        token.Stem = LexicalHash.Of(stem);
        token.Skeleton = stem.Length >= SkeletonLengthMin ? Stemmer.Skeleton(stem) : token.Stem;
    }
}
