using System.Diagnostics;
using System.Globalization;
using Refrain.Embeddings;
using Refrain.Gateway;

namespace Refrain.Benchmarks;

/// <summary>What the guards remove and cost, what the lexical embedder serves and how much of it is wrong, and how long both take.</summary>
internal sealed class QualitySuite : ISuite
{
    private const float ProductionThreshold = 0.85f;
    private const double SameScoreMin = 4.5;
    private const int EntryCount = 100_000;
    private const int QuickPromptCount = 2_500;

    private static readonly string[] PairSets = ["gptcache_mock", "banking_adv_te3small", "sem_anto_neg", "negated", "stsb"];
    private static readonly string[] Streams = ["banking77", "clinc150", "hwu64", "clinc_oos", "arena_hard"];

    public string Name => "quality";

    public string Summary => "guards and the lexical embedder on labelled pairs and prompt streams, and their cost";

    public async Task<int> RunAsync(SuiteRun run, CancellationToken cancellation)
    {
        foreach (string set in PairSets) Pairs(run, set);
        Changes(run);
        foreach (string set in Streams) await StreamAsync(run, set, cancellation);
        Times(run);
        EmbeddingSpeeds.Local(run);
        await EmbeddingSpeeds.TroubleAsync(run);
        string[] prompts = [.. (SharedData.Rows("banking77", "prompts") ?? []).Concat(SharedData.Rows("clinc150", "prompts") ?? []).Select(row => row["text"]).Distinct(StringComparer.Ordinal)];
        if (prompts.Length > 0) await EmbeddingSpeeds.SemanticHitAsync(run, prompts, run.Quick ? 20_000 : EntryCount);
        return 0;
    }

    private static void Pairs(SuiteRun run, string set)
    {
        if (SharedData.Rows(set, "pairs") is not { } rows)
        {
            run.Say($"{set} is not here.");
            return;
        }

        bool hasCosines = rows[0].ContainsKey("cos_text_embedding_3_small");
        if (set == "stsb") rows.RemoveAll(row => Number(row["score"]) < SameScoreMin);
        if (hasCosines) rows.RemoveAll(row => Number(row["cos_text_embedding_3_small"]) < ProductionThreshold);
        string where = hasCosines ? $"{set}, cosine ≥ {ProductionThreshold:0.00}" : set == "stsb" ? "stsb, scored 4.5 or more" : set;
        foreach (IGrouping<string, Guards> side in rows.GroupBy(row => row["label"] == "1" ? "valid" : "invalid", row => TextGuards.Check(row["text_a"], row["text_b"]), StringComparer.Ordinal))
        {
            int count = side.Count();
            run.Add(where, $"{side.Key} pairs", count, "");
            run.Add(where, $"{side.Key} refused", 100.0 * side.Count(guard => guard != Guards.None) / count, "%");
            foreach (IGrouping<Guards, Guards> guard in side.Where(guard => guard != Guards.None).GroupBy(guard => guard).OrderBy(group => group.Key))
                run.Add(where, $"{side.Key} refused by {guard.Key}", guard.Count(), "");
        }
    }

    private static void Changes(SuiteRun run)
    {
        string[] prompts = [.. Streams.SelectMany(set => SharedData.Rows(set, "prompts") ?? []).Select(row => row["text"]).Distinct(StringComparer.Ordinal)];
        foreach ((string name, Func<string, string?> change) in new (string, Func<string, string?>)[] { ("number changed", FactChanger.Number), ("unit changed", FactChanger.Unit), ("date changed", FactChanger.Date) })
        {
            (string Text, string? Changed)[] pairs = [.. prompts.Select(text => (text, change(text))).Where(pair => pair.Item2 is not null)];
            if (pairs.Length == 0) continue;
            run.Add(name, "prompts", pairs.Length, "");
            run.Add(name, "refused", 100.0 * pairs.Count(pair => TextGuards.Check(pair.Text, pair.Changed!) != Guards.None) / pairs.Length, "%");
            foreach ((string text, string? changed) in pairs.Where(pair => TextGuards.Check(pair.Text, pair.Changed!) == Guards.None).Take(10))
                run.Say($"{name}, let through: {Shortened(text)}  |  {Shortened(changed!)}");
        }
    }

    private static async Task StreamAsync(SuiteRun run, string set, CancellationToken cancellation)
    {
        if (SharedData.Rows(set, "prompts") is not { } rows)
        {
            run.Say($"{set} is not here.");
            return;
        }

        Prompt[] prompts = [.. rows.Take(run.Quick ? QuickPromptCount : int.MaxValue).Select(row => new Prompt(row["text"], row["group"]))];
        using var embedder = new LexicalEmbeddingGenerator();
        StreamEvaluation evaluation = await StreamEvaluation.RunAsync(embedder, prompts, Guards.Default, 0.5f, report: null, cancellation);
        StreamRow row = evaluation.At(LexicalEmbeddingGenerator.Space.SimilarityThreshold!.Value);
        string where = $"{set} stream, lexical ≥ {row.Threshold:0.00}";
        run.Add(where, "prompts", row.Prompts, "");
        run.Add(where, "semantic hits", row.Semantic.Hits, "");
        run.Add(where, "hit rate", 100.0 * row.Semantic.Hits / row.Prompts, "%");
        run.Add(where, "wrong by group", row.Semantic.Wrong, "");
        run.Add(where, "wrong share of hits", 100 * row.Semantic.Share, "%");
        run.Add(where, "wrong share of hits, 95 % upper end", 100 * row.Semantic.Upper, "%");
        run.Add(where, "wrong share of prompts", 100.0 * row.Semantic.Wrong / row.Prompts, "%");
    }

    private static void Times(SuiteRun run)
    {
        string[] prompts = [.. new[] { "banking77", "clinc150", "arena_hard" }.SelectMany(set => SharedData.Rows(set, "prompts") ?? []).Select(row => row["text"]).Where(text => text.Length is >= 180 and <= 220).Take(100)];
        if (prompts.Length == 0) return;
        var features = new TextFeatures();
        TextFeatures[] stored = [.. prompts.Select(text => GuardRail.Read(text))];
        run.Add("guards, 200 characters", "read and check, p50", Median(prompts.Length, i =>
        {
            GuardRail.Read(prompts[i], features);
            return (int)GuardRail.Check(features, stored[i], Guards.Default);
        }), "µs");
        run.Add("guards, 200 characters", "kept with an entry", stored.Average(one => one.EncodedSize), "B");
        run.Add("lexical, 200 characters", "embed, p50", Median(prompts.Length, i => LexicalEmbeddingGenerator.Embed(prompts[i]).Length), "µs");
    }

    // The median over prompts of the best of many passes: other work on the machine only ever adds.
    private static double Median(int count, Func<int, int> run)
    {
        double[] best = new double[count];
        Array.Fill(best, double.MaxValue);
        int sink = 0;
        for (int pass = 0; pass < 200; pass++)
        {
            for (int i = 0; i < count; i++)
            {
                long start = Stopwatch.GetTimestamp();
                for (int again = 0; again < 8; again++) sink += run(i);
                best[i] = Math.Min(best[i], Stopwatch.GetElapsedTime(start).TotalMicroseconds / 8);
            }
        }

        GC.KeepAlive(sink);
        Array.Sort(best);
        return best[count / 2];
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static string Shortened(string text) => text.Length <= 100 ? text : text[..100] + "…";
}
