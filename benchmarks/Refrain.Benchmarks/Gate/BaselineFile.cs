using System.Text.Json;
using System.Text.Json.Nodes;

namespace Refrain.Benchmarks;

/// <summary><c>perf-baselines.json</c>: name of the gauge → metric → how it is gated and with what. Times stand in it too, with the machine's name, and are never gated.</summary>
internal sealed class BaselineFile
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private static readonly (string Word, ReadingGate Gate)[] Words = [("exact", ReadingGate.Exact), ("at_least", ReadingGate.AtLeast), ("at_most", ReadingGate.AtMost)];

    private readonly JsonObject _root;

    private BaselineFile(JsonObject root) => _root = root;

    /// <summary>Beside the solution, wherever the program was started from.</summary>
    public static string DefaultPath { get; } = Path.Combine(SolutionFolder(), "perf-baselines.json");

    /// <summary>The names in the file.</summary>
    public IEnumerable<string> Names => Gauged.Select(pair => pair.Key);

    private JsonObject Gauged => _root["gauges"]!.AsObject();

    /// <summary>Reads the file.</summary>
    public static BaselineFile Load(string path) => Parse(File.ReadAllText(path));

    /// <summary>Reads the file's text.</summary>
    public static BaselineFile Parse(string json) => new(JsonNode.Parse(json)!.AsObject());

    /// <summary>The baselines of a gauge by metric, or null if the file does not know the gauge.</summary>
    public IReadOnlyDictionary<string, Baseline>? Find(string name)
    {
        if (Gauged[name] is not JsonObject metrics)
            return null;
        Dictionary<string, Baseline> found = new(StringComparer.Ordinal);
        foreach ((string metric, JsonNode? node) in metrics)
        {
            (string word, JsonNode? value) = node!.AsObject().Single();
            found[metric] = new(Words.Single(candidate => candidate.Word == word).Gate, value!.GetValue<double>());
        }

        return found;
    }

    /// <summary>Makes the readings the baselines of a gauge. A bound that still holds stays where it is: only a person moves it.</summary>
    public void Set(string name, IReadOnlyList<Reading> readings)
    {
        IReadOnlyDictionary<string, Baseline>? before = Find(name);
        JsonObject metrics = [];
        foreach (Reading reading in readings)
        {
            double value = before is not null && before.TryGetValue(reading.Metric, out Baseline old) && old.Gate == reading.Gate && old.Allows(reading.Value) ? old.Value : reading.Value;
            metrics[reading.Metric] = new JsonObject { [Words.Single(candidate => candidate.Gate == reading.Gate).Word] = value };
        }

        Gauged[name] = metrics;
    }

    /// <summary>Forgets a gauge.</summary>
    public void Remove(string name) => Gauged.Remove(name);

    /// <summary>Keeps times, in nanoseconds, under the name of the machine that took them.</summary>
    public void SetTimes(string machine, IEnumerable<(string Name, double Mean, double P50, double P95)> times)
    {
        JsonObject taken = [];
        foreach ((string name, double mean, double p50, double p95) in times)
            taken[name] = new JsonObject { ["mean_ns"] = Math.Round(mean, 1), ["p50_ns"] = Math.Round(p50, 1), ["p95_ns"] = Math.Round(p95, 1) };
        _root["times"] = new JsonObject { ["machine"] = machine, ["benchmarks"] = taken };
    }

    /// <summary>Writes the file, gauges in order.</summary>
    public void Save(string path)
    {
        JsonObject sorted = [];
        foreach ((string name, JsonNode? metrics) in Gauged.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            sorted[name] = metrics!.DeepClone();
        _root["gauges"] = sorted;
        File.WriteAllText(path, _root.ToJsonString(Indented) + "\n");
    }

    private static string SolutionFolder()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Engine.sln")))
                return folder.FullName;
        }

        return Environment.CurrentDirectory;
    }
}
