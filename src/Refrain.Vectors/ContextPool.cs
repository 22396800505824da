namespace Refrain.Vectors;

/// <summary>Hands a <see cref="SearchContext"/> to each search, without allocating once as many exist as searches run at once; and knows the oldest that is under way.</summary>
/// <param name="create">Makes one more.</param>
internal sealed class ContextPool(Func<SearchContext> create)
{
    private readonly Lock _growing = new();
    private SearchContext?[] _contexts = new SearchContext?[64]; // A power of two.
    private int _closed;

    /// <summary>
    /// What the oldest search under way sees; the greatest number if there is none. A search that this passes over reads <see cref="Arena.Committed"/> only afterwards,
    /// and so sees all that was committed before the call.
    /// </summary>
    public ulong OldestSnapshot
    {
        get
        {
            // The other half is in SearchContext.TryRent: either this sees the search, or the search sees the commit.
            Interlocked.MemoryBarrier();
            ulong oldest = ulong.MaxValue;
            foreach (SearchContext? context in Volatile.Read(ref _contexts))
                if (context is { IsSearching: true })
                    oldest = Math.Min(oldest, context.Snapshot);
            return oldest;
        }
    }

    /// <summary>Bytes of memory.</summary>
    public long MemorySize => Volatile.Read(ref _contexts).Sum(context => context?.MemorySize ?? 0);

    /// <summary>What all searches have done.</summary>
    public WorkCounters Work
    {
        get
        {
            var sum = new WorkCounters();
            foreach (SearchContext? context in Volatile.Read(ref _contexts))
                if (context is not null)
                    sum.Add(context.Work);
            return sum;
        }
    }

    /// <param name="toSearch">Whether records must be kept for it until it is returned.</param>
    /// <exception cref="ObjectDisposedException">The index is closed.</exception>
    public SearchContext Rent(bool toSearch)
    {
        while (true)
        {
            SearchContext?[] contexts = Volatile.Read(ref _contexts);
            int start = Environment.CurrentManagedThreadId;
            for (int i = 0; i < contexts.Length; i++)
            {
                int place = (start + i) & (contexts.Length - 1);
                SearchContext context = Volatile.Read(ref contexts[place]) ?? Fill(place);
                if (!context.TryRent(toSearch))
                    continue;
                // Renting was a full barrier: either Close sees this one busy, or this one sees the close.
                if (Volatile.Read(ref _closed) == 0)
                    return context;
                context.Return();
                throw new ObjectDisposedException(nameof(VectorIndex));
            }
            Grow(contexts);
        }
    }

    /// <summary>Lets nobody in any more, and waits for those who are.</summary>
    public void Close()
    {
        Interlocked.Exchange(ref _closed, 1);
        var spin = new SpinWait();
        while (Array.Exists(Volatile.Read(ref _contexts), context => context is { IsBusy: true }))
            spin.SpinOnce();
    }

    private SearchContext Fill(int place)
    {
        lock (_growing)
        {
            // A larger array may have taken the place of the one that was looked into; places stay the same.
            ref SearchContext? there = ref _contexts[place];
            if (there is null)
            {
                SearchContext made = create();
                made.Snapshot = 0;
                Volatile.Write(ref there, made);
            }
            return there;
        }
    }

    private void Grow(SearchContext?[] full)
    {
        lock (_growing)
        {
            if (full != _contexts)
                return;
            var larger = new SearchContext?[full.Length * 2];
            full.CopyTo(larger, 0);
            Volatile.Write(ref _contexts, larger);
        }
    }
}
