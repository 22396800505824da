using System.Net;
using StackExchange.Redis;

namespace Refrain.Redis;

/// <summary>One life of the connection.</summary>
/// <param name="Multiplexer">All its sockets.</param>
/// <param name="Database">The database in use.</param>
/// <param name="Primary">Whom the sentinels named; null without sentinels.</param>
internal sealed record RedisSession(ConnectionMultiplexer Multiplexer, IDatabase Database, EndPoint? Primary);
