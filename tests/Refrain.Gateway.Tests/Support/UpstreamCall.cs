namespace Refrain.Gateway.Tests;

/// <summary>What an upstream was asked.</summary>
internal sealed record UpstreamCall(string Path, string Body, string Authorization, CancellationToken Aborted);
