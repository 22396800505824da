namespace Refrain.Gateway;

/// <summary>What the program says when it has started: what runs, where the data lies, and what to try.</summary>
internal static class Banner
{
    /// <summary>Writes it.</summary>
    public static void Write(TextWriter output, GatewayServer server, GatewaySettings settings)
    {
        string url = server.Urls.FirstOrDefault() ?? "";
        float threshold = server.Opened.Cache.SimilarityThreshold;
        output.WriteLine($"refrain listens on {string.Join(", ", server.Urls)}");
        output.WriteLine($"  model     {Model(settings)}");
        output.WriteLine($"  embedder  {server.Opened.Embedder.Name}: {server.Opened.Embedder.Note}");
        if (!float.IsNaN(threshold))
            output.WriteLine($"  threshold a text at least {threshold:0.000} similar may answer, if numbers, negation, names and the like agree");
        output.WriteLine($"  store     {StoreChoice.Describe(server.Opened.Store, server.Opened.Directory)}");
        output.WriteLine($"  data      {server.Opened.Directory}");
        output.WriteLine($"  watch     {url}/  {url}/metrics");
        output.WriteLine();
        output.WriteLine("Try a question, the same again, and the same in other words; see X-Refrain-Cache say miss, exact and semantic:");
        string model = settings.Upstreams.Count == 0 ? DemoModel.ModelNames[0] : settings.Upstreams[0].Model ?? "YOUR-MODEL";
        string key = settings.ApiKeys.Count > 0 ? " -H \"Authorization: Bearer $KEY\"" : "";
        foreach (string question in (string[])["What is the capital of France?", "What is the capital of France?", "please tell me: whats the capital of france"])
        {
            output.WriteLine();
            output.WriteLine(
                $$"""curl -si {{url}}/v1/chat/completions -H 'Content-Type: application/json'{{key}} -d '{"model":"{{model}}","temperature":0,"messages":[{"role":"user","content":"{{question}}"}]}'""");
        }
        output.WriteLine();
        output.WriteLine("Answers are kept from run to run. Ctrl+C ends.");
    }

    private static string Model(GatewaySettings settings) => settings.Upstreams.Count == 0
        ? $"the demo model, which is none: set {SettingNames.UpstreamUrl} for a real one"
        : string.Join(", then ", settings.Upstreams.Select(upstream => upstream.Name + (upstream.Model is { } model ? $" ({model})" : "")));
}
