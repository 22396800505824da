namespace Refrain.Fuzz;

/// <summary>All targets, a line each.</summary>
internal static class FuzzTargets
{
    /// <summary>The product's targets.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("entry", EntryTargets.Raw, EntryTargets.Whole),
        new("entry-forged", EntryTargets.Forged, EntryTargets.Bodies),
        new("sealed", EntryTargets.Sealed, EntryTargets.SealedWhole),
        new("arena", ArenaTargets.Raw, ArenaTargets.Files) { SmokeCalls = 3_000 },
        new("arena-forged", ArenaTargets.Forged, ArenaTargets.Files) { SmokeCalls = 3_000 },
        new("gateway-request", GatewayTargets.Request, GatewayTargets.Requests),
        new("gateway-answer", GatewayTargets.Answer, GatewayTargets.Answers),
        new("guards", GuardTargets.Read, GuardTargets.Texts) { InputBytesMax = 1024, SmokeCalls = 15_000 },
        new("answer", AnswerTargets.Decode, AnswerTargets.Answers),
        new("redis-entry", RedisTargets.Envelope, RedisTargets.Envelopes),
    ];

    /// <summary>The target of that name, planted ones included.</summary>
    public static FuzzTarget Find(string name) => All.Concat(CanaryTargets.All).FirstOrDefault(target => target.Name == name)
        ?? throw new UsageException($"There is no target '{name}'. There are: {string.Join(", ", All.Select(target => target.Name))}.");
}
