namespace Refrain.Gateway;

/// <summary>The key that a caller presents.</summary>
internal static class CallerKey
{
    private const string Scheme = "Bearer ";

    /// <summary>The key of <c>Authorization: Bearer …</c>, or of <c>api-key</c>; not set where there is neither.</summary>
    public static Secret Of(IHeaderDictionary headers)
    {
        string authorization = headers.Authorization.ToString();
        if (authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return new Secret(authorization[Scheme.Length..].Trim());
        return new Secret(headers["api-key"].ToString().Trim());
    }

    /// <summary>Whether the key is one of those expected. All are compared, each in constant time.</summary>
    public static bool IsAny(Secret key, IReadOnlyList<Secret> expected)
    {
        bool found = false;
        foreach (Secret candidate in expected)
            found |= candidate.Equals(key);
        return found && key.IsSet;
    }
}
