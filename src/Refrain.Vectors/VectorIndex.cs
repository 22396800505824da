using System.Runtime.CompilerServices;

namespace Refrain.Vectors;

/// <summary>
/// An embedded index that answers "is there a vector within this angle of mine, in this namespace?", in memory or over a file that survives anything.
/// </summary>
/// <remarks>
/// All members may be called from many threads. Searches allocate nothing and wait for nobody, neither for a writer nor for the disk; writes take turns. A search sees the index as it was at one moment
/// after the search began to run: all of each write that returned before, all or nothing of one that is under way.
/// Vectors of any length but zero are taken for their direction only. What is stored is 10 bits a number: a similarity s is off by less than 0.009 √(1 − s²) / √dimensions.
/// </remarks>
public sealed unsafe class VectorIndex : IDisposable
{
    private readonly VectorIndexOptions _options;
    private readonly Lock _writing;
    private readonly Arena _arena;
    private readonly Rotation _rotation;
    private readonly Writer _writer;
    private readonly ContextPool _contexts;
    private readonly Searcher _searcher;
    private readonly Linker _linker;
    private readonly Upkeep _upkeep;
    private readonly Maintenance _maintenance;
    private bool _disposed;

    private VectorIndex(VectorIndexOptions options, ArenaFile? file, ArenaRecovery recovery)
    {
        _options = options;
        RecordLayout layout = file?.Layout ?? new RecordLayout(options.Dimensions, options.ExtentSlotCount);
        _arena = new Arena(layout, file);
        _rotation = new Rotation(options.Dimensions, file?.RotationSeed ?? options.Seed ?? (ulong)Random.Shared.NextInt64());
        _contexts = new ContextPool(() => new SearchContext(_rotation, layout, options.TimeProvider));
        _writer = new Writer(_arena, _rotation, _contexts, options.CountMax);
        _writing = _writer.Writing;
        var links = new Links(_arena);
        _searcher = new Searcher(_arena, _writer, links, options);
        int torn = file is null ? 0 : _writer.Restore(file, Now, () => new SearchContext(_rotation, layout));
        Recovery = torn == 0 ? recovery : recovery with { Kind = RecoveryKind.Unclean, DroppedCount = torn, Reason = $"{torn} records failed their check" };
        _upkeep = new Upkeep(_arena, _writer, options.TimeProvider);
        if (file is not null)
            _upkeep.FlushOrDetach(clean: false);
        // What a process that died left half linked is mended behind the first searches; until then they do without the graph.
        _linker = new Linker(_arena, _writer, _rotation, links, new GraphSearch(_arena, links, new Scorer(_arena, options.Dimensions)), Recovery.Kind == RecoveryKind.Unclean ? _arena.Committed : 0);
        _maintenance = new Maintenance(options.TimeProvider, options.FlushInterval, _upkeep.Run);
    }

    /// <summary>In what state the index found its file. Anything but <see cref="RecoveryKind.Clean"/> may mean that vectors are missing.</summary>
    public ArenaRecovery Recovery { get; }

    /// <summary>Numbers in a vector.</summary>
    public int Dimensions => _options.Dimensions;

    /// <summary>Vectors held, in all namespaces; expired ones count until they are removed in the background.</summary>
    public int Count => _writer.Count;

    /// <inheritdoc cref="Scorer.Fetcher"/>
    internal IFetcher? Fetcher { set => _searcher.Fetcher = value; }

    /// <summary>Makes an index that lives in memory only.</summary>
    /// <param name="options">What it is for.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public static VectorIndex Create(VectorIndexOptions options)
    {
        VectorIndexOptions.Validate(options);
        return new VectorIndex(options, null, new ArenaRecovery(RecoveryKind.MemoryOnly));
    }

    /// <summary>
    /// Opens the index at <paramref name="path"/>, or makes it. Whatever state the file is in, an index results, and <see cref="Recovery"/> tells how much of it came back.
    /// </summary>
    /// <param name="path">A file; its directory is made if need be. A second one, with ".lock" appended, keeps others out.</param>
    /// <param name="options">What the index is for: a file made for something else is set aside.</param>
    /// <returns>The index; it lives in memory only if the disk is read-only or full.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="IOException">The index is open already, here or in another process.</exception>
    /// <exception cref="CorruptArenaException">The file cannot be trusted, and <see cref="VectorIndexOptions.SetAsideDamaged"/> is false.</exception>
    public static VectorIndex Open(string path, VectorIndexOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        VectorIndexOptions.Validate(options);
        ArenaFile? file = null;
        ArenaRecovery recovery;
        try
        {
            file = ArenaFile.Open(path, options, out recovery);
            return new VectorIndex(options, file, recovery);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException and not (ArenaInUseException or CorruptArenaException))
        {
            file?.Dispose();
            return new VectorIndex(options, null, new ArenaRecovery(RecoveryKind.MemoryOnly, Reason: $"'{path}' cannot be used: {exception.Message}"));
        }
    }

    /// <summary>Stores a vector under a key, in place of the one that was there.</summary>
    /// <param name="space">Namespace: searches in one never see another.</param>
    /// <param name="key">Unique within the namespace.</param>
    /// <param name="vector">As many finite numbers as <see cref="Dimensions"/>, not all zero.</param>
    /// <param name="expiresAt">From when on it is not found any more; null for never.</param>
    /// <returns>False: there is no room, neither under <see cref="VectorIndexOptions.CountMax"/> nor on the disk; nothing changed.</returns>
    /// <exception cref="ArgumentException">The vector has another number of dimensions, or NaN, or infinity, or no usable length; nothing changed.</exception>
    public bool Add(UInt128 space, UInt128 key, ReadOnlySpan<float> vector, DateTimeOffset? expiresAt = null)
    {
        SearchContext context = _contexts.Rent(toSearch: false);
        try
        {
            context.Prepare(vector);
            lock (_writing)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                if (!_writer.Add(context, space, key, expiresAt?.ToUnixTimeMilliseconds() ?? long.MaxValue))
                    return false;
            }
            if (_writer.TryGet(space, out Namespace? found) && (found.UnlinkedCount > 0 || found.IsMoving))
                _linker.Wake();
            return true;
        }
        finally
        {
            context.Return();
        }
    }

    /// <summary>Looks for a vector within an angle: the question of a semantic cache.</summary>
    /// <param name="space">Namespace.</param>
    /// <param name="vector">As many finite numbers as <see cref="Dimensions"/>, not all zero.</param>
    /// <param name="similarity">Smallest cosine, in [-1, 1], that is near enough.</param>
    /// <param name="match">A vector that is near enough; if there is none, the nearest that was looked at, with a similarity of NaN if none was.</param>
    /// <returns>True if <paramref name="match"/> is near enough.</returns>
    /// <exception cref="ArgumentException">The vector has another number of dimensions, or NaN, or infinity, or no usable length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The similarity is NaN or not in [-1, 1].</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryFind(UInt128 space, ReadOnlySpan<float> vector, float similarity, out VectorMatch match)
    {
        ThrowIfNoSimilarity(similarity);
        SearchContext context = BeginSearch(vector);
        try
        {
            match = new VectorMatch(default, float.NaN);
            return _writer.TryGet(space, out Namespace? found) && _searcher.TryFind(context, found, similarity, out match);
        }
        finally
        {
            EndSearch(context);
        }
    }

    /// <summary>Looks for the nearest vectors.</summary>
    /// <param name="space">Namespace.</param>
    /// <param name="vector">As many finite numbers as <see cref="Dimensions"/>, not all zero.</param>
    /// <param name="matches">Filled from the start, nearest first; its length is how many are wanted.</param>
    /// <param name="similarity">Smallest cosine, in [-1, 1], that is of interest. Default: any.</param>
    /// <param name="efSearch">Effort of this search, in place of <see cref="VectorIndexOptions.EfSearch"/>.</param>
    /// <returns>How many were found.</returns>
    /// <exception cref="ArgumentException">The vector has another number of dimensions, or NaN, or infinity, or no usable length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The similarity is NaN or not in [-1, 1], or the effort out of its range.</exception>
    public int Find(UInt128 space, ReadOnlySpan<float> vector, Span<VectorMatch> matches, float similarity = -1, int? efSearch = null)
    {
        ThrowIfNoSimilarity(similarity);
        if (efSearch is { } effort)
            VectorIndexOptions.ThrowIfNoEffort(effort);
        SearchContext context = BeginSearch(vector);
        try
        {
            return matches.Length > 0 && _writer.TryGet(space, out Namespace? found) ? _searcher.Find(context, found, matches, similarity, efSearch) : 0;
        }
        finally
        {
            EndSearch(context);
        }
    }

    /// <summary>Removes a vector. It is erased from memory as soon as no search that began before is under way, and from the disk when <see cref="Flush"/> returns.</summary>
    /// <returns>False: it was not there.</returns>
    public bool Remove(UInt128 space, UInt128 key)
    {
        lock (_writing)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _writer.Remove(space, key);
        }
    }

    /// <summary>Removes all vectors of a namespace.</summary>
    /// <returns>How many there were.</returns>
    public int RemoveNamespace(UInt128 space)
    {
        lock (_writing)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _writer.RemoveNamespace(space);
        }
    }

    /// <summary>Whether a vector is stored under a key; an expired one is, until it is removed in the background.</summary>
    public bool Contains(UInt128 space, UInt128 key)
    {
        lock (_writing)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _writer.TryFind(space, key, out _);
        }
    }

    /// <summary>Vectors in a namespace; expired ones count until they are removed in the background.</summary>
    public int CountOf(UInt128 space) => _writer.TryGet(space, out Namespace? found) ? found.Count : 0;

    /// <summary>Reads a vector back, of length 1, each number within 0.01 / √dimensions of what it was.</summary>
    /// <param name="space">Namespace.</param>
    /// <param name="key">Its key.</param>
    /// <param name="vector">Room for <see cref="Dimensions"/> numbers.</param>
    /// <returns>False: it is not there, and <paramref name="vector"/> is unchanged.</returns>
    /// <exception cref="ArgumentException">There is not room for exactly that many numbers.</exception>
    public bool TryGetVector(UInt128 space, UInt128 key, Span<float> vector)
    {
        if (vector.Length != Dimensions)
            throw new ArgumentException($"There is room for {vector.Length} numbers; the index has {Dimensions} dimensions.", nameof(vector));
        SearchContext context = _contexts.Rent(toSearch: false);
        try
        {
            lock (_writing)
            {
                if (!_writer.TryFind(space, key, out uint slot))
                    return false;
                byte* record = _arena.Record(slot);
                RecordLayout layout = _arena.Layout;
                Quantiser.DecodeFine(record + RecordHeader.HeaderSize, record + layout.RestOffset, ((RecordHeader*)record)->Scale, context.Vector, layout.CodeLength);
            }
            _rotation.Undo(context.Vector);
            new ReadOnlySpan<float>(context.Vector, Dimensions).CopyTo(vector);
            return true;
        }
        finally
        {
            context.Return();
        }
    }

    /// <summary>Namespace and key of every vector, in no order. Vectors that come or go meanwhile may or may not be among them.</summary>
    public IEnumerable<(UInt128 Namespace, UInt128 Key)> EnumerateKeys()
    {
        for (uint slot = 0; slot < _arena.SlotCount; slot++)
            if (TryReadKey(slot, out (UInt128, UInt128) key))
                yield return key;
    }

    /// <summary>Writes all changes to the disk: when it returns, they survive a power cut. Without a file it does nothing.</summary>
    /// <exception cref="IOException">The disk failed, now or before. The index goes on in memory, and the file is not written any more.</exception>
    public void Flush()
    {
        lock (_writing)
            ObjectDisposedException.ThrowIf(_disposed, this);
        _upkeep.AwaitErasure();
        if (_upkeep.FlushOrDetach(clean: false) is { } failure)
            throw new IOException($"The index could not be written, and goes on in memory: {failure.Message}", failure);
        if (_arena.Detached)
            throw new IOException("The index could not be written earlier, and goes on in memory.");
    }

    /// <summary>What the index holds, and what its searches have cost.</summary>
    public VectorIndexStatistics GetStatistics()
    {
        lock (_writing)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            WorkCounters work = _contexts.Work;
            return new VectorIndexStatistics
            {
                Count = _writer.Count,
                NamespaceCount = _writer.NamespaceCount,
                SlotCount = _arena.SlotCount,
                RecordSize = _arena.RecordSize,
                SketchSize = _writer.SketchSize,
                TableSize = _writer.TableSize,
                KeySize = _writer.KeySize + _arena.PositionSize,
                ContextSize = _contexts.MemorySize,
                FileSize = _arena.FileSize,
                MeanSquare = _writer.MeanSquare,
                SearchCount = work.SearchCount,
                LineCount = work.LineCount,
                SketchCount = work.SketchCount,
                CodeCount = work.CodeCount,
                FineCount = work.FineCount,
                CertifiedMissCount = work.CertifiedCount,
                UncertainCount = work.UncertainCount,
                UnlinkedCount = _writer.UnlinkedCount,
                MeanDegree = _writer.MeanDegree,
                RefusedCount = _writer.RefusedCount,
                Detached = _arena.Detached,
                Kernel = Kernel.Name,
            };
        }
    }

    /// <summary>
    /// Examines the index while it works: whether it finds what it holds, whether its graph is sound, and what memory it lies on. Searches and writes go on meanwhile; what changes under it may blur the
    /// figures a little. It costs a comparison with every vector of a namespace for each query, some 50 ms each for a million, and a walk over all links; run it now and then, not all the time.
    /// </summary>
    /// <param name="sampleCount">Queries, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no query.</exception>
    public VectorIndexInspection Inspect(int sampleCount = 100)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sampleCount, 1);
        lock (_writing)
            ObjectDisposedException.ThrowIf(_disposed, this);
        return new Inspector(_arena, _writer, _searcher, _rotation, _contexts).Inspect(sampleCount, Now);
    }

    /// <summary>Writes everything to the disk, and closes the file. Waits for searches that are under way; later ones throw.</summary>
    public void Dispose()
    {
        lock (_writing)
        {
            if (_disposed)
                return;
            _disposed = true;
        }
        _maintenance.Dispose();
        _linker.Dispose();
        _contexts.Close();
        _upkeep.AwaitErasure();
        _upkeep.FlushOrDetach(clean: true);
        _arena.Dispose();
    }

    private static void ThrowIfNoSimilarity(float similarity)
    {
        if (!(similarity is >= -1 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(similarity), similarity, "A similarity is a cosine in [-1, 1].");
    }

    private SearchContext BeginSearch(ReadOnlySpan<float> vector)
    {
        SearchContext context = _contexts.Rent(toSearch: true);
        try
        {
            context.Prepare(vector);
            context.Snapshot = _arena.Committed;
            return context;
        }
        catch
        {
            context.Return();
            throw;
        }
    }

    private static void EndSearch(SearchContext context)
    {
        context.Work.SearchCount++;
        context.Return();
    }

    private long Now => _options.TimeProvider.GetUtcNow().ToUnixTimeMilliseconds();

    private bool TryReadKey(uint slot, out (UInt128 Namespace, UInt128 Key) key)
    {
        lock (_writing)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var header = (RecordHeader*)_arena.Record(slot);
            key = (header->Namespace, header->Key);
            return header->IsCurrent;
        }
    }
}
