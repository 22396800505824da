using System.Text;
using Refrain.Vectors;

namespace Refrain;

/// <summary>An answer with everything needed to decide whether it may be served. Immutable, but for memos and what the table notes on it.</summary>
internal sealed class CacheEntry
{
    /// <summary>Bytes of the object, of its arrays' headers and of its share in the table, which has 37 to 73 for each entry.</summary>
    private const int OverheadSize = 336;

    private const int StringOverheadSize = 24;

    /// <summary>Bytes of the object itself, in whole lines: a hit reads some of each.</summary>
    internal const int FetchedSize = 256;

    /// <summary>What an answer of unknown cost counts for, in the currency of the prices.</summary>
    private const double UnknownCost = 1e-6;

    /// <summary>Uses that count; a hot entry's byte is written no more.</summary>
    internal const int UsesMax = 3;

    private long _checkedGeneration = -1;
    private readonly long? _freshTicks;
    private long _costPico = -1;
    private int _size;
    private string? _answer;
    private bool _isAnswerWanted;
    private byte _uses;

    internal required CacheKey Key { get; init; }

    internal UInt128 Digest => Key.Digest;

    internal required CacheScope Scope { get; init; }

    /// <summary>The text as exact UTF-8.</summary>
    internal required byte[] Text
    {
        get;
        init
        {
            field = value;
            IsAscii = Ascii.IsValid(value);
        }
    }

    /// <summary>Whether the text is ASCII, so that it can be compared with UTF-16 as it is.</summary>
    internal bool IsAscii { get; private init; }

    internal required byte[] Payload { get; init; }

    internal required long CreatedTicks { get; init; }

    /// <summary>When it ends, on the cache's <see cref="Clock"/>.</summary>
    internal required long ExpiresTicks { get; init; }

    /// <summary>Until when it is fresh; from then to its end it is stale, and may be served while it is made anew.</summary>
    internal long FreshTicks { get => _freshTicks ?? ExpiresTicks; init => _freshTicks = value; }

    /// <summary>How its end is put off while it is served; null where it is not.</summary>
    internal SlidingTerm? Slide { get; init; }

    internal bool IsStale => FreshTicks < ExpiresTicks && Clock.NowTicks >= FreshTicks;

    internal required decimal Cost { get; init; }

    /// <summary>Numbers of the subjects at the time it was made.</summary>
    internal required StoredEpoch[] Epochs { get; init; }

    /// <summary>Order in which this process began to make its answers; 0 for those of the store.</summary>
    internal long Version { get; init; }

    internal required MonotonicClock Clock { get; init; }

    /// <summary>The embedding, where it is known: what the durable store keeps to rebuild the index from.</summary>
    internal StoredEmbedding? Embedding { get; init; }

    /// <summary>What the guards read in the text, made when a guard first asks.</summary>
    internal object? Features { get; set; }

    internal long CostPico => _costPico >= 0 ? _costPico : _costPico = CacheCounters.PicoOf(Cost);

    /// <summary>Bytes it takes in memory.</summary>
    internal int Size => _size != 0 ? _size : _size = OverheadSize + Scope.Size + Text.Length + Payload.Length + (Epochs.Length * 32);

    /// <summary>What it saves by the byte; where nobody said, each answer is worth the same.</summary>
    internal double WorthPerByte => (Cost > 0 ? (double)Cost : UnknownCost) / Size;

    /// <summary>How often it was used since the table last asked, up to <see cref="UsesMax"/>. Racing readers may lose a use.</summary>
    internal int Uses => _uses;

    /// <summary>Rounds in the table that it gets for what it saves. Written by the table.</summary>
    internal byte Credit { get; set; }

    /// <summary>The queue it is in, and its neighbours there. Written by the table.</summary>
    internal EntryQueue? Queue { get; set; }

    internal CacheEntry? Older { get; set; }

    internal CacheEntry? Younger { get; set; }

    /// <summary>Its neighbours among those that end in the same second. Written by the table.</summary>
    internal CacheEntry? EndsPrevious { get; set; }

    internal CacheEntry? EndsNext { get; set; }

    internal DateTimeOffset CreatedAt => new(CreatedTicks, TimeSpan.Zero);

    internal DateTimeOffset ExpiresAt => new(ExpiresTicks, TimeSpan.Zero);

    /// <summary>The answer as text. Who asks for it a second time is likely to ask again: from then on it is kept, and counted, while the table holds the entry.</summary>
    internal string AnswerText()
    {
        if (Volatile.Read(ref _answer) is { } known)
            return known;
        string text = Encoding.UTF8.GetString(Payload);
        if (_isAnswerWanted)
            Queue?.Table.Keep(this, text);
        _isAnswerWanted = true;
        return text;
    }

    /// <summary>Called by the table.</summary>
    internal bool TryKeep(string answer, out int grown)
    {
        grown = StringOverheadSize + (answer.Length * sizeof(char));
        if (_answer is not null)
            return false;
        _size = Size + grown;
        Volatile.Write(ref _answer, answer);
        return true;
    }

    internal void Touch()
    {
        byte uses = _uses;
        if (uses < UsesMax)
            _uses = (byte)(uses + 1);
    }

    /// <summary>When it ends, however often it is served.</summary>
    internal DateTimeOffset LatestEnd => Slide is null ? ExpiresAt : new(Slide.EndTicks, TimeSpan.Zero);

    internal void ForgetUses() => _uses = 0;

    internal void TakeUsesOf(CacheEntry other) => _uses = other._uses;

    /// <summary>Pays for another round, first with a use, then with credit.</summary>
    internal bool SpendUse()
    {
        byte uses = _uses;
        if (uses > 0)
        {
            _uses = (byte)(uses - 1);
            return true;
        }

        if (Credit == 0)
            return false;
        Credit--;
        return true;
    }

    /// <summary>Whether it is the answer to exactly this request. Equal digests are not enough.</summary>
    internal bool Answers(CacheScope scope, ReadOnlySpan<byte> text) => Scope.Equals(scope) && text.SequenceEqual(Text);

    /// <summary>Whether it is the answer to exactly this request.</summary>
    internal bool Answers(CacheScope scope, string text)
    {
        if (IsAscii)
            return AsciiText.Equals(text, Text) && Scope.Equals(scope);
        using var buffer = ScratchBuffer.Take(CanonicalForm.Utf8SizeMax(text.Length));
        return CanonicalForm.TryWriteUtf8(text, buffer.Span, out int size, out _) && Answers(scope, buffer.Span[..size]);
    }

    /// <summary>Whether it may be served now: it has not ended, and nothing it belongs to was invalidated.</summary>
    internal bool IsServable(EpochTable epochs) => Clock.IsBefore(ExpiresTicks) && IsCurrent(epochs);

    /// <summary>The same entry with its embedding.</summary>
    internal CacheEntry With(StoredEmbedding? embedding) => Copy(CreatedTicks, FreshTicks, ExpiresTicks, embedding);

    /// <summary>The same entry with its end put off; null while that is not due.</summary>
    internal CacheEntry? Renewed()
    {
        long now = Clock.NowTicks;
        if (Slide is null || !Slide.IsDue(ExpiresTicks, now))
            return null;
        long end = Slide.EndFrom(now);

        // The younger of two entries wins in a shared store, and this one must.
        return Copy(CreatedTicks + 1, Math.Min(Slide.FreshTicks, end), end, Embedding);
    }

    private CacheEntry Copy(long createdTicks, long freshTicks, long expiresTicks, StoredEmbedding? embedding) => new()
    {
        Key = Key,
        Scope = Scope,
        Text = Text,
        Payload = Payload,
        CreatedTicks = createdTicks,
        ExpiresTicks = expiresTicks,
        FreshTicks = freshTicks,
        Slide = Slide,
        Cost = Cost,
        Epochs = Epochs,
        Clock = Clock,
        Embedding = embedding,
        Version = Version,
    };

    /// <summary>Whether nothing it belongs to was invalidated since it was made; one comparison, unless something was.</summary>
    internal bool IsCurrent(EpochTable epochs)
    {
        long generation = epochs.Generation;
        if (Volatile.Read(ref _checkedGeneration) == generation)
            return true;
        if (!epochs.AreCurrent(Epochs))
            return false;
        Volatile.Write(ref _checkedGeneration, generation);
        return true;
    }
}
