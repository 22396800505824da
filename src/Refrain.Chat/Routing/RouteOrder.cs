namespace Refrain.Chat;

/// <summary>Which route a request is sent to first.</summary>
public enum RouteOrder
{
    /// <summary>The one with the smallest <see cref="ChatRoute.Priority"/>; equals in the order of the list.</summary>
    Priority,

    /// <summary>One drawn by <see cref="ChatRoute.Weight"/>, among those of the smallest priority first.</summary>
    Weighted,

    /// <summary>The one whose worst case costs least.</summary>
    Cheapest,

    /// <summary>The one that has lately answered soonest; those not tried yet come first.</summary>
    Fastest,
}
