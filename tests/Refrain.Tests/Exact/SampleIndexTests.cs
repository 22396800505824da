namespace Refrain.Tests;

/// <summary>Long texts found by a few samples: the same answers as without, whatever the texts have in common.</summary>
public sealed class SampleIndexTests
{
    private const ulong Seed = 20_251_122;

    private static readonly CacheScope Scope = CacheScope.Create("tenant");
    private static readonly MonotonicClock Clock = new(TimeProvider.System);

    // Goal: samples are no permission. Method: texts that differ in one character each, which no sample need hold.
    [Fact]
    public void Texts_that_differ_in_one_character_only_are_told_apart()
    {
        var table = new ExactTable(long.MaxValue);
        string[] texts = [.. Enumerable.Range(0, 600).Select(static at => string.Create(600, at, static (span, place) =>
        {
            span.Fill('x');
            span[place] = 'y';
        }))];
        CacheEntry[] entries = [.. texts.Select(static text => Entry(text))];
        foreach (CacheEntry entry in entries)
            table.Put(entry);
        int found = 0;
        for (int i = 0; i < texts.Length; i++)
        {
            CacheEntry? sampled = Sampled(table, texts[i]);
            found += sampled is null ? 0 : 1;
            Assert.True(sampled is null || sampled == entries[i]);
            Assert.Same(entries[i], table.Find(entries[i].Key.Digest, Scope, texts[i]));
        }

        // Most agree in all samples and so share one place: they are found by their digest alone.
        Assert.InRange(found, 1, 100);
        Assert.Null(Sampled(table, new string('x', 600)));
    }

    [Fact]
    public void A_long_text_is_found_by_its_samples_until_it_is_replaced_or_removed()
    {
        var table = new ExactTable(long.MaxValue);
        CacheEntry[] entries = [.. Enumerable.Range(0, 2_000).Select(static number => Entry(TextOf(number)))];
        foreach (CacheEntry entry in entries)
            table.Put(entry);
        Assert.InRange(entries.Count(entry => Sampled(table, TextOf(entry)) == entry), 1_960, 2_000);
        CacheEntry replacement = Entry(TextOf(7));
        table.Put(replacement);
        Assert.Same(replacement, Sampled(table, TextOf(7)));
        Assert.True(table.Remove(replacement.Key));
        Assert.Null(Sampled(table, TextOf(7)));
        table.Clear();
        Assert.All(entries, entry => Assert.Null(Sampled(table, TextOf(entry))));
    }

    [Fact]
    public void What_was_evicted_is_found_by_no_sample()
    {
        var table = new ExactTable(Entry(TextOf(0)).Size * 50L);
        CacheEntry[] entries = [.. Enumerable.Range(0, 1_000).Select(static number => Entry(TextOf(number)))];
        foreach (CacheEntry entry in entries)
            table.Put(entry);
        Assert.All(entries, entry => Assert.True(Sampled(table, TextOf(entry)) is not { } found || (found == entry && table.Find(entry.Key) == entry)));
        Assert.InRange(entries.Count(entry => Sampled(table, TextOf(entry)) is not null), 40, 50);
    }

    [Fact]
    public void Another_scope_finds_nothing()
    {
        var table = new ExactTable(long.MaxValue);
        CacheEntry entry = Entry(TextOf(1));
        table.Put(entry);
        CacheScope other = CacheScope.Create("another tenant");
        Assert.Null(table.FindSampled(other.DigestsUnder(Seed).Scope, other, TextOf(1)));

        // Even where the digests of both scopes were the same.
        Assert.Null(table.FindSampled(entry.Key.Scope, other, TextOf(1)));
    }

    private static CacheEntry? Sampled(ExactTable table, string text) => table.FindSampled(Scope.DigestsUnder(Seed).Scope, Scope, text);

    private static string TextOf(CacheEntry entry) => CanonicalForm.ToText(entry.Text);

    private static string TextOf(int number) => $"{number} ".PadRight(280, 'x') + number;

    private static CacheEntry Entry(string text)
    {
        byte[] utf8 = CanonicalForm.ToUtf8(text, nameof(text));
        return new CacheEntry
        {
            Key = KeyReader.KeyOf(Scope, utf8, Seed),
            Scope = Scope,
            Text = utf8,
            Payload = [],
            CreatedTicks = 0,
            ExpiresTicks = long.MaxValue,
            Cost = 0,
            Epochs = [],
            Clock = Clock,
        };
    }
}
