using System.Text.Json;
using System.Text.Json.Serialization;

namespace Refrain.Benchmarks;

[JsonSourceGenerationOptions(WriteIndented = true, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(IReadOnlyList<SuiteRow>))]
internal sealed partial class SuiteRowsJson : JsonSerializerContext
{
    /// <summary>Writes the rows as one array.</summary>
    public static void Write(string path, IReadOnlyList<SuiteRow> rows) =>
        File.WriteAllText(path, JsonSerializer.Serialize(rows, Default.IReadOnlyListSuiteRow) + "\n");
}
