namespace Refrain.Gateway;

/// <summary>What a data directory holds.</summary>
internal sealed record InspectReport
{
    /// <summary>Scopes listed at most, the largest first.</summary>
    public const int ScopesListed = 10;

    public required string Directory { get; init; }

    public required string Store { get; init; }

    public required IReadOnlyList<InspectedFile> Files { get; init; }

    public required long EntryCount { get; init; }

    /// <summary>Bytes of the encoded entries, without what the store adds.</summary>
    public required long EntryBytes { get; init; }

    public required long ScopeCount { get; init; }

    public required IReadOnlyList<InspectedScope> LargestScopes { get; init; }

    public required long ExpiringWithinAnHour { get; init; }

    /// <summary>Those that end within the hour included.</summary>
    public required long ExpiringWithinADay { get; init; }

    /// <summary>Tags, scopes and tenants that were invalidated at least once.</summary>
    public required long EpochCount { get; init; }

    /// <summary>Reads keys, sizes and ends; no entry is decoded.</summary>
    public static async Task<InspectReport> ReadAsync(string directory, IDurableStore store, TimeProvider time, CancellationToken cancellation)
    {
        var scopes = new Dictionary<UInt128, (long Count, long Bytes)>();
        DateTimeOffset now = time.GetUtcNow();
        long hour = 0;
        long day = 0;
        await foreach (StoredEntry entry in store.EnumerateAsync(cancellation).ConfigureAwait(false))
        {
            (long count, long bytes) = scopes.GetValueOrDefault(entry.Key.Scope);
            scopes[entry.Key.Scope] = (count + 1, bytes + entry.Value.Length);
            TimeSpan left = entry.ExpiresAt - now;
            hour += left <= TimeSpan.FromHours(1) ? 1 : 0;
            day += left <= TimeSpan.FromDays(1) ? 1 : 0;
        }
        return new InspectReport
        {
            Directory = directory,
            Store = store.Name,
            Files = [.. new DirectoryInfo(directory).EnumerateFiles().OrderBy(file => file.Name, StringComparer.Ordinal).Select(file => new InspectedFile(file.Name, file.Length))],
            EntryCount = scopes.Values.Sum(scope => scope.Count),
            EntryBytes = scopes.Values.Sum(scope => scope.Bytes),
            ScopeCount = scopes.Count,
            LargestScopes =
            [
                .. scopes.OrderByDescending(scope => scope.Value.Count).ThenBy(scope => scope.Key).Take(ScopesListed)
                    .Select(scope => new InspectedScope($"{scope.Key:x32}", scope.Value.Count, scope.Value.Bytes)),
            ],
            ExpiringWithinAnHour = hour,
            ExpiringWithinADay = day,
            EpochCount = (await store.GetEpochsAsync(cancellation).ConfigureAwait(false)).Count,
        };
    }
}
