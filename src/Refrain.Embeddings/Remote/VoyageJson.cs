using System.Text.Json.Serialization;

namespace Refrain.Embeddings;

/// <summary>Source-generated JSON: no reflection, ready for AOT.</summary>
[JsonSerializable(typeof(VoyageRequest))]
[JsonSerializable(typeof(VoyageAnswer))]
internal sealed partial class VoyageJson : JsonSerializerContext;
