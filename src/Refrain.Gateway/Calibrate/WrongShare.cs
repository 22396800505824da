namespace Refrain.Gateway;

/// <summary>The share of wrong hits, with Wilson's 95 % interval: what a count of a few can and cannot say.</summary>
/// <param name="Hits">All hits.</param>
/// <param name="Wrong">Those that were wrong.</param>
internal readonly record struct WrongShare(int Hits, int Wrong)
{
    private const double Z = 1.959964;

    /// <summary>Wrong hits by all; 0 where there is none.</summary>
    public double Share => Hits == 0 ? 0 : (double)Wrong / Hits;

    /// <summary>Lower end of the interval.</summary>
    public double Lower => Bound(-1);

    /// <summary>Upper end of the interval; 1 where nothing was seen.</summary>
    public double Upper => Bound(+1);

    private double Bound(int sign)
    {
        if (Hits == 0) return sign < 0 ? 0 : 1;
        double n = Hits, z2 = Z * Z;
        double centre = Share + (z2 / (2 * n));
        double spread = Z * Math.Sqrt((Share * (1 - Share) / n) + (z2 / (4 * n * n)));
        return Math.Clamp((centre + (sign * spread)) / (1 + (z2 / n)), 0, 1);
    }
}
