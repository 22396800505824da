using System.Text.Json.Serialization;

namespace Refrain.Embeddings;

/// <summary>Source-generated JSON of calibrations.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CalibrationFile))]
internal sealed partial class CalibrationJson : JsonSerializerContext;
