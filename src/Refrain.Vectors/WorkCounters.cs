namespace Refrain.Vectors;

/// <summary>What searches did, in things that can be counted and so compared between machines.</summary>
internal sealed class WorkCounters
{
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

    /// <summary>Adds this search's counts to those of all, and sets them back.</summary>
    public void MoveTo(WorkTotals totals)
    {
        totals.Add(this);
        LineCount = SketchCount = CodeCount = FineCount = CertifiedCount = UncertainCount = 0;
    }
}
