namespace Refrain;

/// <summary>The tier that answered a query.</summary>
public enum HitKind
{
    /// <summary>No tier knew an answer.</summary>
    None,

    /// <summary>The same request, found in the table in process.</summary>
    Exact,

    /// <summary>The same request, found in the durable store.</summary>
    Durable,

    /// <summary>Another request of the same scope, whose text is near enough.</summary>
    Semantic,
}
