namespace Refrain.Vectors;

/// <summary>What searches did, in things that can be counted and so compared between machines. Counted by one thread at a time, read by any.</summary>
internal sealed class WorkCounters
{
    /// <summary>Searches.</summary>
    public long SearchCount { get; set; }

    /// <summary>Lines of band tables read.</summary>
    public long LineCount { get; set; }

    /// <summary>Sketches compared.</summary>
    public long SketchCount { get; set; }

    /// <summary>Codes compared, byte by byte.</summary>
    public long CodeCount { get; set; }

    /// <summary>Codes compared with all their bits.</summary>
    public long FineCount { get; set; }

    /// <summary>Threshold searches that bands alone found to be misses, as surely as was asked for.</summary>
    public long CertifiedCount { get; set; }

    /// <summary>Threshold searches that bands alone could not settle.</summary>
    public long UncertainCount { get; set; }

    /// <summary>Adds the counts of another.</summary>
    public void Add(WorkCounters other)
    {
        SearchCount += other.SearchCount;
        LineCount += other.LineCount;
        SketchCount += other.SketchCount;
        CodeCount += other.CodeCount;
        FineCount += other.FineCount;
        CertifiedCount += other.CertifiedCount;
        UncertainCount += other.UncertainCount;
    }
}
