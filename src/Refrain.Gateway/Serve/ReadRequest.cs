using Microsoft.Extensions.AI;

namespace Refrain.Gateway;

/// <summary>A chat request as it came.</summary>
/// <param name="Wire">Its body.</param>
/// <param name="Options">What the cache and the model are asked for.</param>
/// <param name="StartedAt">When its last byte had come: a timestamp of the clock.</param>
internal sealed record ReadRequest(WireRequest Wire, ChatOptions Options, long StartedAt);
