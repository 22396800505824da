namespace Refrain.Chat;

/// <summary>A question that the cache could not answer, and whose answer is to be stored.</summary>
/// <param name="Query">The question; it owns its bytes, and the embedding if one was made.</param>
/// <param name="IsRefresh">Whether a stored answer would not do.</param>
/// <param name="Landed"><see cref="FlightTable.Landed"/> before the cache was asked.</param>
internal sealed record ChatMiss(CacheQuery Query, bool IsRefresh, long Landed)
{
    /// <summary>The upstream call to join.</summary>
    public FlightKey Key => new(Query.Scope, Query.Text);
}
