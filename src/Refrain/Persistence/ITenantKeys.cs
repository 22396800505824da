namespace Refrain;

/// <summary>The keys under which the answers of tenants are stored. Who destroys a tenant's key has erased what the store holds of it.</summary>
/// <remarks>Both are asked for each entry that is written or read, from many threads: they are to be quick, and not to throw.</remarks>
public interface ITenantKeys
{
    /// <summary>The key for a tenant's new answers. Null: there is none and shall be none, so nothing of the tenant is written to the store.</summary>
    TenantKey? For(string tenant);

    /// <summary>The key that an entry names. Null: it was destroyed, or never known; the entry then counts as absent.</summary>
    TenantKey? Find(string id);
}
