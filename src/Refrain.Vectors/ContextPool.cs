namespace Refrain.Vectors;

/// <summary>Hands a <see cref="SearchContext"/> to each search, without allocating once as many exist as searches run at once.</summary>
/// <param name="create">Makes one more.</param>
internal sealed class ContextPool(Func<SearchContext> create)
{
    private readonly SearchContext?[] _contexts = new SearchContext?[64];
    private int _overflowCount;
    private int _closed;

    /// <exception cref="ObjectDisposedException">The index is closed.</exception>
    public SearchContext Rent()
    {
        int start = Environment.CurrentManagedThreadId;
        for (int i = 0; i < _contexts.Length; i++)
        {
            ref SearchContext? place = ref _contexts[(start + i) % _contexts.Length];
            SearchContext? context = Volatile.Read(ref place);
            if (context is null)
            {
                SearchContext made = create();
                context = Interlocked.CompareExchange(ref place, made, null) ?? made;
            }
            if (context.TryRent())
                return Admitted(context);
        }
        Interlocked.Increment(ref _overflowCount);
        SearchContext extra = create();
        extra.TryRent();
        return Admitted(extra);
    }

    public void Return(SearchContext context)
    {
        context.Return();
        if (Volatile.Read(ref _overflowCount) > 0 && Array.IndexOf(_contexts, context) < 0)
            Interlocked.Decrement(ref _overflowCount);
    }

    /// <summary>Lets nobody in any more, and waits for those who are.</summary>
    public void Close()
    {
        Interlocked.Exchange(ref _closed, 1);
        var spin = new SpinWait();
        while (Volatile.Read(ref _overflowCount) > 0 || Array.Exists(_contexts, context => context is { IsBusy: true }))
            spin.SpinOnce();
    }

    private SearchContext Admitted(SearchContext context)
    {
        // Renting was a full barrier: either Close sees this one busy, or this one sees the close.
        if (Volatile.Read(ref _closed) == 0)
            return context;
        Return(context);
        throw new ObjectDisposedException(nameof(VectorIndex));
    }
}
