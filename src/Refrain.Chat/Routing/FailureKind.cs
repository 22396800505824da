namespace Refrain.Chat;

/// <summary>Whom a failure is about.</summary>
public enum FailureKind
{
    /// <summary>The request itself: every route would refuse it. It is not sent again.</summary>
    Request,

    /// <summary>The route as it is set up: a wrong key, an unknown model. Other routes are tried.</summary>
    Route,

    /// <summary>The moment: overload, a rate limit, a network. Other routes are tried, then this one again.</summary>
    Transient,
}
