namespace Refrain.Chat;

/// <summary>How a route is doing.</summary>
/// <param name="Name">The route.</param>
/// <param name="IsAvailable">False while its breaker is open or its provider has asked to be left alone.</param>
/// <param name="ReturnsAt">When it is tried again, or null if it is available.</param>
/// <param name="Successes">Calls that were answered.</param>
/// <param name="Failures">Calls that were not.</param>
/// <param name="AverageLatency">Moving average of the time to an answer or first token; zero before the first.</param>
/// <param name="InFlight">Calls under way.</param>
public sealed record RouteHealth(
    string Name, bool IsAvailable, DateTimeOffset? ReturnsAt, long Successes, long Failures, TimeSpan AverageLatency, int InFlight);
