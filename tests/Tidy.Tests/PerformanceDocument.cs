using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Tidy.Tests;

/// <summary><c>docs/performance.md</c>: the figures of <c>perf-baselines.json</c> for people.</summary>
internal static class PerformanceDocument
{
    /// <summary>Where it lies.</summary>
    public const string Path = "docs/performance.md";

    /// <summary>The document that the baselines make.</summary>
    public static string Write(string baselines)
    {
        using JsonDocument document = JsonDocument.Parse(baselines);
        StringBuilder text = new();
        text.Append("""
            # Figures

            Made from `perf-baselines.json`; a test compares. To make it again: `REFRAIN_WRITE_DOCS=1 dotnet run -c Release --project tests/Tidy.Tests`.

            ## What is gated

            Every change must keep these, on any machine: `dotnet run -c Release --project benchmarks/Refrain.Benchmarks -- gate`.

            | gauge | figure | must be |
            | --- | --- | --- |

            """);
        foreach (JsonProperty gauge in document.RootElement.GetProperty("gauges").EnumerateObject())
        {
            foreach (JsonProperty metric in gauge.Value.EnumerateObject())
            {
                JsonProperty bound = metric.Value.EnumerateObject().Single();
                text.Append(CultureInfo.InvariantCulture, $"| `{gauge.Name}` | {metric.Name.Replace('_', ' ')} | {Words(bound.Name)} {bound.Value.GetDouble():#,0.####} |\n");
            }
        }

        if (!document.RootElement.TryGetProperty("times", out JsonElement times))
            return text.ToString();
        text.Append($"""

            ## Times

            Taken by `dotnet run -c Release --project benchmarks/Refrain.Benchmarks -- record` on {times.GetProperty("machine").GetString()}. Another machine has others; nothing compares them.

            | benchmark | mean | p50 | p95 |
            | --- | ---: | ---: | ---: |

            """);
        foreach (JsonProperty benchmark in times.GetProperty("benchmarks").EnumerateObject())
            text.Append($"| `{benchmark.Name}` | {Time(benchmark, "mean_ns")} | {Time(benchmark, "p50_ns")} | {Time(benchmark, "p95_ns")} |\n");
        return text.ToString();
    }

    private static string Words(string bound) => bound switch
    {
        "exact" => "exactly",
        "at_least" => "at least",
        _ => "at most",
    };

    private static string Time(JsonProperty benchmark, string name) => benchmark.Value.GetProperty(name).GetDouble() switch
    {
        < 1000 and var nanoseconds => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds:0.#} ns"),
        var nanoseconds => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1000:0.##} µs"),
    };
}
