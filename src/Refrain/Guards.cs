namespace Refrain;

/// <summary>The checks that a near text must pass before its answer is served. Near is not the same.</summary>
[Flags]
public enum Guards
{
    /// <summary>No guard: similarity alone decides.</summary>
    None = 0,

    /// <summary>The numbers with their units, in any notation, must agree.</summary>
    Numbers = 1 << 0,

    /// <summary>Both texts negate, or neither does; antonyms of each other refuse.</summary>
    Negation = 1 << 1,

    /// <summary>Dates, weekdays, months and times of day must agree.</summary>
    Dates = 1 << 2,

    /// <summary>Amounts of money and their currencies must agree.</summary>
    Currency = 1 << 3,

    /// <summary>Comparatives and directions ("from A to B") must agree, and in short questions the order of the numbers ("row 2 of page 3").</summary>
    Direction = 1 << 4,

    /// <summary>Code identifiers, versions, URLs and paths must agree.</summary>
    Identifiers = 1 << 5,

    /// <summary>Quoted strings must agree.</summary>
    Quotes = 1 << 6,

    /// <summary>Both texts are written in the same script and, as far as it can be told, the same language.</summary>
    Script = 1 << 7,

    /// <summary>Neither text is much longer than the other.</summary>
    Length = 1 << 8,

    /// <summary>Where each text names another member of a closed class (colours, languages, account types), they differ.</summary>
    Alternatives = 1 << 9,

    /// <summary>Where each text has a capitalised name that the other lacks, they differ.</summary>
    Names = 1 << 10,

    /// <summary>The two texts were reported as a wrong hit: see <see cref="SemanticCacheReports.ReportWrongHitAsync"/>. Refuses whatever guards are asked for.</summary>
    Reported = 1 << 11,

    /// <summary>The guards whose measured gain is worth their measured cost.</summary>
    Default = Numbers | Negation | Dates | Currency | Direction | Identifiers | Quotes | Script | Length | Alternatives,
}
