namespace Refrain;

/// <summary>Reads the facts of a text out of its tokens, from left to right.</summary>
internal ref struct FeatureReader
{
    /// <summary>Tokens from "too" to its "to" at most.</summary>
    private const int TooReach = 4;

    // "Zero-copy" is without copies.
    private static readonly ulong Zero = WordHash.Of("zero");

    private readonly ReadOnlySpan<char> _text;
    private readonly ReadOnlySpan<Token> _tokens;
    private readonly TextFeatures _features;
    private ulong _contentBefore;
    private ulong _contentBeforeThat;
    private ulong _pairLeft;
    private Role _role;
    private bool _negated;
    private int _tooEnd;
    private bool _isSentenceStart;

    internal FeatureReader(ReadOnlySpan<char> text, ReadOnlySpan<Token> tokens, TextFeatures features)
    {
        _text = text;
        _tokens = tokens;
        _features = features;
        _isSentenceStart = true;
        _tooEnd = -1;
    }

    private enum Role
    {
        None,
        Source,
        Target,
        Than,
    }

    internal void Read()
    {
        for (int i = 0; i < _tokens.Length;)
        {
            ref readonly Token token = ref _tokens[i];
            int next = token.Kind switch
            {
                TokenKind.Sign => ReadSign(i),
                TokenKind.Word => ReadWord(i),
                _ => ReadNumber(i, inWords: false),
            };
            _isSentenceStart = token.Kind == TokenKind.Sign ? token.Sign is '.' or '!' or '?' or ':' or '\n' || _isSentenceStart : false;
            i = next;
        }

        if (_negated) Deny(0);
    }

    private int ReadSign(int i)
    {
        char sign = _tokens[i].Sign;
        if (sign is '.' or ',' or ';' or '?' or '!' or ':')
        {
            // A point inside a name ends nothing.
            bool inside = i + 1 < _tokens.Length && _tokens[i + 1].Adjacent;
            if (inside) return i + 1;
            if (_negated) Deny(0);
            (_role, _contentBefore, _contentBeforeThat) = (Role.None, 0, 0);
        }
        else if (sign is '>' or '→')
        {
            _role = Role.Target;
            _pairLeft = _contentBefore;
        }

        return i + 1;
    }

    private int ReadNumber(int i, bool inWords)
    {
        ulong valueHash;
        int next = inWords
            ? NumberReader.ReadWords(_text, _tokens, i, _features, out valueHash)
            : NumberReader.Read(_text, _tokens, i, _features, out valueHash);
        if (next > i) TakeContent(valueHash);
        return next;
    }

    private int ReadWord(int i)
    {
        ref readonly Token token = ref _tokens[i];
        WordTraits traits = token.Traits;
        bool isZeroOf = token.Hash == Zero && i + 1 < _tokens.Length && _tokens[i + 1].Adjacent && _tokens[i + 1].Sign == '-';
        if (!isZeroOf && (traits & (WordTraits.Number | WordTraits.Magnitude)) != WordTraits.None)
        {
            int next = ReadNumber(i, inWords: true);
            if (next > i) return next;
        }

        ref readonly WordEntry entry = ref Lexicon.Find(token.Hash);
        if (isZeroOf || ((traits & WordTraits.Negation) != WordTraits.None && IsNegation(i)))
        {
            if (_negated) Deny(0);
            _negated = true;
            return i + 1;
        }

        ReadDate(i, entry);
        bool beforeNumber = i + 1 < _tokens.Length && _tokens[i + 1].Kind == TokenKind.Number;
        if ((traits & WordTraits.Unit) != WordTraits.None && !((traits & WordTraits.Currency) != WordTraits.None && beforeNumber)) _features.Add(FactKind.Unit, entry.Unit);
        if ((traits & WordTraits.Alternative) != WordTraits.None) _features.Add(FactKind.Alternative, Fact.Alternative(entry.Family, WordHash.Finish(entry.Member)));
        if (IsSignedName(i)) AddSignedName(i);
        if (IsPartOfName(i)) return i + 1;

        ReadOnlySpan<char> word = _text.Slice(token.Start, token.Length);
        bool isFunction = (traits & WordTraits.Function) != WordTraits.None;
        if (isFunction) ReadRole(word, i);
        if (isFunction && (traits & WordTraits.Polar) == WordTraits.None) return i + 1;

        ulong stem = ReadContent(word, entry);
        if (token.Capitalised && !_isSentenceStart && !isFunction) _features.Add(FactKind.Name, Fact.Hash(token.Hash));
        if (!isFunction) TakeContent(stem);
        return i + 1;
    }

    private ulong ReadContent(ReadOnlySpan<char> word, in WordEntry entry)
    {
        ulong stem = WordShape.StemOf(word, (entry.Traits & WordTraits.Whole) != WordTraits.None, out bool opposite, out bool denies);
        if (denies && entry.First.Pair == 0 && Lexicon.Find(WordHash.Of(word[2..])) is { First.Pair: > 0 } positive)
        {
            // "Uncomplicated" is simple: the other side of the pair, and no denial.
            denies = false;
            AddSide(positive, positive.First with { IsOpposite = !positive.First.IsOpposite }, denies);
        }

        AddSide(entry, entry.First, denies);
        AddSide(entry, entry.Second, denies);
        if ((entry.Traits & WordTraits.Function) == WordTraits.None)
        {
            _features.Add(FactKind.Word, Fact.Word(stem, denies && entry.First.Pair == 0, isDirection: false, opposite, _negated));
        }

        if (_negated) Deny(stem);
        return stem;
    }

    // What is denied twice is denied once.
    private void Deny(ulong stem)
    {
        _features.Add(FactKind.Denied, Fact.Hash(stem));
        _negated = false;
    }

    private readonly void AddSide(in WordEntry entry, WordSide side, bool denies)
    {
        if (side.Pair == 0) return;
        if ((entry.Traits & WordTraits.Function) != WordTraits.None && !_features.IsShort) return;
        ulong key = WordHash.Combine(WordHash.Seed, side.Pair);
        _features.Add(FactKind.Opposite, Fact.Word(key, denies, side.IsDirection, side.IsOpposite, _negated));
    }

    // A content word or number fills the place that a preposition opened.
    private void TakeContent(ulong hash)
    {
        switch (_role)
        {
            case Role.Source:
                _features.Add(FactKind.Source, Fact.Hash(hash));
                break;
            case Role.Target:
                _features.Add(FactKind.Target, Fact.Hash(hash));
                AddPair(hash);
                break;
            case Role.Than:
                AddPair(hash);
                break;
        }

        _role = Role.None;
        (_contentBeforeThat, _contentBefore) = (_contentBefore, hash);
    }

    private void AddPair(ulong right)
    {
        if (_pairLeft == 0 || _pairLeft == right) return;
        _features.Add(FactKind.Pair, Fact.Hash(WordHash.Combine(_pairLeft, right)));
        _features.Add(FactKind.Reversed, Fact.Hash(WordHash.Combine(right, _pairLeft)));
    }

    private void ReadRole(ReadOnlySpan<char> word, int i)
    {
        // "Too large to fit" does not fit.
        if (word.Equals("too", StringComparison.OrdinalIgnoreCase)) _tooEnd = i + TooReach;
        else if (i <= _tooEnd && word.Equals("to", StringComparison.OrdinalIgnoreCase)) (_negated, _tooEnd) = (true, -1);

        if (word.Equals("from", StringComparison.OrdinalIgnoreCase)) _role = Role.Source;
        else if (word.Equals("to", StringComparison.OrdinalIgnoreCase) || word.Equals("into", StringComparison.OrdinalIgnoreCase)) (_role, _pairLeft) = (Role.Target, _contentBefore);
        else if (word.Equals("than", StringComparison.OrdinalIgnoreCase)) (_role, _pairLeft) = (Role.Than, _contentBeforeThat);
    }

    private void ReadDate(int i, in WordEntry entry)
    {
        if ((entry.Traits & (WordTraits.Date | WordTraits.AmbiguousDate | WordTraits.LooseDate)) == WordTraits.None) return;
        if ((entry.Traits & WordTraits.LooseDate) != WordTraits.None) _features.Add(FactKind.LooseDate, entry.Date);
        else if ((entry.Traits & WordTraits.Date) != WordTraits.None || IsMonthHere(i)) _features.Add(FactKind.Date, entry.Date);
    }

    // "May" is a month beside a number, and after a few prepositions.
    private readonly bool IsMonthHere(int i)
    {
        if (i + 1 < _tokens.Length && IsNumber(_tokens[i + 1])) return true;
        if (i + 2 < _tokens.Length && IsWord(i + 1, "the") && IsNumber(_tokens[i + 2])) return true;
        if (i == 0) return false;
        ref readonly Token before = ref _tokens[i - 1];
        if (IsNumber(before)) return true;
        ReadOnlySpan<char> word = _text.Slice(before.Start, before.Length);
        return word is "in" or "of" or "this" or "next" or "last" or "by" or "since" or "until" or "from" or "till" or "for";
    }

    private static bool IsNumber(in Token token) => token.Kind == TokenKind.Number || (token.Traits & WordTraits.Number) != WordTraits.None;

    // "No, …" answers; "or not" and "not only" deny nothing; "isn't it?" at the end asks for a nod.
    private readonly bool IsNegation(int i)
    {
        ref readonly Token token = ref _tokens[i];
        ReadOnlySpan<char> word = _text.Slice(token.Start, token.Length);
        bool last = i + 1 >= _tokens.Length;
        if (word.Equals("yet", StringComparison.OrdinalIgnoreCase)) return !last && IsWord(i + 1, "to");
        if (word.Equals("no", StringComparison.OrdinalIgnoreCase)) return !last && _tokens[i + 1].Kind != TokenKind.Sign;
        if (word.Equals("not", StringComparison.OrdinalIgnoreCase))
        {
            bool afterOr = i > 0 && IsWord(i - 1, "or");
            bool beforeOnly = !last && IsWord(i + 1, "only");
            return !afterOr && !beforeOnly;
        }

        if (last || word.IndexOfAny('\'', '\u2019') < 0) return true;
        bool isTag = (_tokens[i + 1].Traits & WordTraits.Function) != WordTraits.None && (i + 2 >= _tokens.Length || _tokens[i + 2].Sign is '?' or '.' or '!') && i > 0 && _tokens[i - 1].Sign == ',';
        return !isTag;
    }

    private readonly bool IsWord(int i, ReadOnlySpan<char> word) => _text.Slice(_tokens[i].Start, _tokens[i].Length).Equals(word, StringComparison.OrdinalIgnoreCase);

    // "Remove" in "remove_column" removes nothing.
    private readonly bool IsPartOfName(int i) =>
        (_tokens[i].Adjacent && _tokens[i - 1].Sign == '_') || (i + 1 < _tokens.Length && _tokens[i + 1].Adjacent && _tokens[i + 1].Sign == '_');

    // "C++", "C#", "F#": a short word with a sign joined to it.
    private readonly bool IsSignedName(int i)
    {
        if (i + 1 >= _tokens.Length || _tokens[i].Length > 2 || !_tokens[i + 1].Adjacent) return false;
        return _tokens[i + 1].Sign is '#' || (_tokens[i + 1].Sign is '+' && i + 2 < _tokens.Length && _tokens[i + 2].Adjacent && _tokens[i + 2].Sign == '+');
    }

    private readonly void AddSignedName(int i) =>
        _features.Add(FactKind.SignedName, Fact.Hash(WordHash.Combine(_tokens[i].Hash, _tokens[i + 1].Sign)));
}
