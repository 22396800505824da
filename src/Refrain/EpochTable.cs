using System.Collections.Concurrent;

namespace Refrain;

/// <summary>How often each subject was invalidated, as this process knows it.</summary>
internal sealed class EpochTable
{
    private readonly ConcurrentDictionary<UInt128, Epoch> _epochs = new();
    private readonly Lock _advancing = new();
    private long _generation;
    private volatile bool _hasNumbers;

    /// <summary>Whether no subject was ever invalidated: most caches are never told to forget anything.</summary>
    internal bool IsEmpty => !_hasNumbers;

    /// <summary>Changes with every invalidation; an entry that was current under this generation still is.</summary>
    internal long Generation => Volatile.Read(ref _generation);

    internal long NumberOf(UInt128 subject) => _epochs.TryGetValue(subject, out Epoch epoch) ? epoch.Number : 0;

    internal bool AreCurrent(ReadOnlySpan<StoredEpoch> epochs)
    {
        if (IsEmpty)
            return true;
        foreach (StoredEpoch epoch in epochs)
        {
            if (NumberOf(epoch.Subject) > epoch.Number)
                return false;
        }

        return true;
    }

    /// <summary>Outdates everything made under the subject before.</summary>
    internal void Advance(UInt128 subject)
    {
        lock (_advancing)
            Set(subject, NumberOf(subject) + 1);
    }

    /// <summary>Takes over a number that the store knows; a smaller one than ours changes nothing.</summary>
    internal void Raise(UInt128 subject, long number)
    {
        if (number == 0 || NumberOf(subject) >= number)
            return;
        lock (_advancing)
        {
            if (NumberOf(subject) < number)
                Set(subject, number);
        }
    }

    /// <summary>Forgets all numbers: they were another store's.</summary>
    internal void Clear()
    {
        lock (_advancing)
        {
            _epochs.Clear();
            _hasNumbers = false;
            Volatile.Write(ref _generation, _generation + 1);
        }
    }

    /// <summary>The numbers that an entry has to carry.</summary>
    /// <param name="scope">The entry's scope.</param>
    /// <param name="tags">The entry's tags.</param>
    /// <param name="seed">Seed of the store.</param>
    /// <param name="generation">The <see cref="Generation"/> when its answer began to be made: whatever was invalidated since outdates it.</param>
    internal StoredEpoch[] NumbersFor(CacheScope scope, IReadOnlyList<string> tags, ulong seed, long generation)
    {
        CacheScope.SeededDigests digests = scope.DigestsUnder(seed);
        if (tags.Count == 0 && digests.Epochs is ScopeNumbers known && known.Table == this && known.Generation == generation)
            return known.Numbers;
        var epochs = new StoredEpoch[3 + tags.Count];
        epochs[0] = At(digests.EverythingSubject, generation);
        epochs[1] = At(digests.TenantSubject, generation);
        epochs[2] = At(digests.ScopeSubject, generation);
        for (int i = 0; i < tags.Count; i++)
            epochs[3 + i] = At(EpochSubject.OfTag(scope.Tenant, tags[i], seed), generation);
        if (tags.Count == 0)
            digests.Epochs = new ScopeNumbers(this, generation, epochs);
        return epochs;
    }

    private StoredEpoch At(UInt128 subject, long generation)
    {
        if (!_epochs.TryGetValue(subject, out Epoch epoch))
            return new StoredEpoch(subject, 0);
        return new StoredEpoch(subject, epoch.Generation > generation ? epoch.Number - 1 : epoch.Number);
    }

    private void Set(UInt128 subject, long number)
    {
        // The number before the generation: who reads the new generation also reads the new number.
        _epochs[subject] = new Epoch(number, _generation + 1);
        _hasNumbers = true;
        Volatile.Write(ref _generation, _generation + 1);
    }

    /// <summary>The numbers of an entry without tags: all that were begun under one generation share them.</summary>
    private sealed record ScopeNumbers(EpochTable Table, long Generation, StoredEpoch[] Numbers);

    /// <param name="Number">How often the subject was invalidated.</param>
    /// <param name="Generation">The table's generation that its last invalidation began.</param>
    private readonly record struct Epoch(long Number, long Generation);
}
