namespace Refrain.Examples;

/// <summary>
/// Where your memory layer plugs in: what an agent knows of its user from earlier conversations. A cache remembers answers; this remembers people.
/// </summary>
internal interface IMemoryStore
{
    /// <summary>Keeps a fact about a user.</summary>
    ValueTask RememberAsync(string user, string fact, CancellationToken cancellation);

    /// <summary>What is known of a user, oldest first.</summary>
    ValueTask<IReadOnlyList<string>> RecallAsync(string user, CancellationToken cancellation);
}
