namespace Refrain.Vectors;

/// <summary>The work of all searches; added to by many threads.</summary>
internal sealed class WorkTotals
{
    private long _searchCount, _lineCount, _sketchCount, _codeCount, _fineCount, _certifiedCount, _uncertainCount;

    public long SearchCount => Interlocked.Read(ref _searchCount);

    public long LineCount => Interlocked.Read(ref _lineCount);

    public long SketchCount => Interlocked.Read(ref _sketchCount);

    public long CodeCount => Interlocked.Read(ref _codeCount);

    public long FineCount => Interlocked.Read(ref _fineCount);

    public long CertifiedCount => Interlocked.Read(ref _certifiedCount);

    public long UncertainCount => Interlocked.Read(ref _uncertainCount);

    public void Add(WorkCounters work)
    {
        Interlocked.Increment(ref _searchCount);
        Add(ref _lineCount, work.LineCount);
        Add(ref _sketchCount, work.SketchCount);
        Add(ref _codeCount, work.CodeCount);
        Add(ref _fineCount, work.FineCount);
        Add(ref _certifiedCount, work.CertifiedCount);
        Add(ref _uncertainCount, work.UncertainCount);
    }

    private static void Add(ref long total, long amount)
    {
        if (amount != 0)
            Interlocked.Add(ref total, amount);
    }
}
