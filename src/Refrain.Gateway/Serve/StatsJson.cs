using System.Text.Json.Serialization;

namespace Refrain.Gateway;

/// <summary>How statistics are written as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StatsDocument))]
internal sealed partial class StatsJson : JsonSerializerContext;
