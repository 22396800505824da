using System.Globalization;
using CsCheck;

namespace Refrain.Tests;

/// <summary>What makes two requests the same one, and what does not.</summary>
public sealed class CacheScopeTests
{
    private const ulong Seed = 42;

    private static readonly Gen<string> Texts = Gen.String[0, 12].Select(static text => new string([.. text.Where(static c => !char.IsSurrogate(c))]));

    private static readonly Gen<(string, string)[]> Fields = Gen.Select(Texts, Texts).Array[1, 5];

    // Goal: no two lists of fields have the same bytes. Method: two random lists of short texts over a small alphabet, equal bytes only where equal lists.
    [Fact]
    public void Equal_bytes_mean_equal_fields()
    {
        Gen<string> few = Gen.Char["ab\0"].Array[0, 3].Select(static chars => new string(chars));
        Gen<(string, (string, string)[])> scopes = Gen.Select(few.Where(static text => text.Length > 0), Gen.Select(few, few).Array[0, 3]);
        Gen.Select(scopes, scopes).Sample(
            static pair =>
            {
                bool same = pair.Item1.Item1 == pair.Item2.Item1 && pair.Item1.Item2.SequenceEqual(pair.Item2.Item2);
                return CacheScope.Create(pair.Item1.Item1, pair.Item1.Item2).Equals(CacheScope.Create(pair.Item2.Item1, pair.Item2.Item2)) == same;
            },
            iter: 20_000);
    }

    [Fact]
    public void Changing_any_one_field_changes_the_key() => Gen.Select(Fields, Gen.Int[0, 4], Gen.Bool).Sample(
        static sample =>
        {
            (string, string)[] changed = [.. sample.Item1];
            int at = sample.Item2 % changed.Length;
            changed[at] = sample.Item3 ? (changed[at].Item1 + "x", changed[at].Item2) : (changed[at].Item1, changed[at].Item2 + "x");
            return KeyOf(CacheScope.Create("t", sample.Item1)) != KeyOf(CacheScope.Create("t", changed));
        },
        iter: 5_000);

    [Fact]
    public void Moving_a_boundary_between_fields_changes_the_key()
    {
        string[] whole = ["abcdef"];
        var keys = new HashSet<CacheKey>();
        for (int first = 0; first <= 6; first++)
        {
            for (int second = first; second <= 6; second++)
                Assert.True(keys.Add(KeyOf(CacheScope.Create("t", (whole[0][..first], whole[0][first..second]), (whole[0][second..], "")))));
        }

        Assert.NotEqual(KeyOf(CacheScope.Create("ta", ("b", ""))), KeyOf(CacheScope.Create("t", ("ab", ""))));
    }

    [Fact]
    public void Swapping_two_fields_changes_the_key()
    {
        Assert.NotEqual(KeyOf(CacheScope.Create("t", ("a", "1"), ("b", "2"))), KeyOf(CacheScope.Create("t", ("b", "2"), ("a", "1"))));
        Assert.NotEqual(KeyOf(CacheScope.Create("t", ("a", "1"), ("b", "2"))), KeyOf(CacheScope.Create("t", ("a", "2"), ("b", "1"))));
    }

    [Fact]
    public void Null_empty_and_absent_are_three_different_things()
    {
        using var withNull = new CacheScopeBuilder("t");
        using var withEmpty = new CacheScopeBuilder("t");
        using var without = new CacheScopeBuilder("t");
        CacheScope[] scopes = [withNull.Add("f", (string?)null).Build(), withEmpty.Add("f", "").Build(), without.Build()];
        Assert.Equal(3, scopes.Select(KeyOf).Distinct().Count());
    }

    [Fact]
    public void A_value_of_another_type_is_another_value()
    {
        CacheScope[] scopes =
        [
            Build(static builder => builder.Add("f", "1")), Build(static builder => builder.Add("f", 1)), Build(static builder => builder.Add("f", 1.0)), Build(static builder => builder.Add("f", true)),
            Build(static builder => builder.Add("f", "1"u8)), Build(static builder => builder.Add("f", BitConverter.DoubleToInt64Bits(1.0))), Build(static builder => builder.Add("f", -0.0)), Build(static builder => builder.Add("f", 0.0)),
        ];
        Assert.Equal(scopes.Length, scopes.Distinct().Count());
        Assert.Equal(scopes.Length, scopes.Select(KeyOf).Distinct().Count());
    }

    [Theory]
    [InlineData("", 0xD800, "")]
    [InlineData("a", 0xDC00, "b")]
    [InlineData("emoji cut in half: ", 0xD83D, "")]
    public void Malformed_text_is_refused_wherever_it_stands(string before, int surrogate, string after)
    {
        string malformed = before + (char)surrogate + after;
        CacheScope scope = CacheScope.Create("t");
        Assert.Throws<ArgumentException>(() => CacheScope.Create(malformed));
        Assert.Throws<ArgumentException>(() => CacheScope.Create("t", (malformed, "")));
        Assert.Throws<ArgumentException>(() => CacheScope.Create("t", ("", malformed)));
        Assert.Throws<ArgumentException>(() => new KeyReader(scope, malformed, Seed).Dispose());
        using var builder = new CacheScopeBuilder("t");
        CacheScope unchanged = builder.Build();
        Assert.Throws<ArgumentException>(() => builder.Add("f", malformed));
        Assert.Equal(unchanged, builder.Build());
    }

    // Goal: nothing is normalised, folded or trimmed. Method: texts that look alike or that a careless form would merge.
    [Fact]
    public void Texts_that_only_look_alike_stay_apart()
    {
        string[] texts = ["é", "e\u0301", "E\u0301", "\u00c9", "e", "e ", " e", "e\0", "\0e", "ｅ", "e\u200b", "ﬀ", "ff", "\u212a", "K", "k"];
        Assert.Equal(texts.Length, texts.Select(static text => new CacheQuery(CacheScope.Create("t"), text)).Select(static query => KeyOf(query.Scope, query.Text)).Distinct().Count());
    }

    [Fact]
    public void The_key_depends_on_the_seed_alone_and_not_on_the_process()
    {
        // Recorded when version 1 of the form was made: a change of the form or of the hash fails here, and needs another version.
        Assert.Equal(Golden, GoldenKey());
        CacheKey key = KeyOf(CacheScope.Create("tenant", ("model", "m-1")), "What is the capital of France?");
        using var reader = new KeyReader(CacheScope.Create("tenant", ("model", "m-1")), "What is the capital of France?", Seed + 1);
        Assert.NotEqual(key.Scope, reader.Key.Scope);
        Assert.NotEqual(key.Digest, reader.Key.Digest);
    }

    // Goal: the machine's culture has no say. Method: one that writes numbers in a way of its own, and the key of numbers and texts under it.
    [Fact]
    public void The_key_does_not_depend_on_the_culture()
    {
        static CacheKey Key()
        {
            using var builder = new CacheScopeBuilder("tenant");
            CacheScope scope = builder.Add("temperature", -0.25).Add("count", -1_234_567).Add("isStrict", true).Add("title", "Iıİi ß SS").Build();
            return KeyOf(scope, "Iıİi ß SS, 1.5 or 1,5?");
        }

        CacheKey invariant = Key();
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (culture.NumberFormat.NegativeSign, culture.NumberFormat.NumberDecimalSeparator, culture.NumberFormat.NumberGroupSeparator) = ("minus ", ",", ".");
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = culture;
            Assert.Equal("minus 0,25", (-0.25).ToString());
            Assert.Equal(invariant, Key());
            Assert.Equal(Golden, GoldenKey());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void A_lent_scope_equals_a_built_one_and_a_kept_one_outlives_its_builder()
    {
        using var builder = new CacheScopeBuilder("t");
        builder.Add("f", "value");
        CacheScope built = builder.Build();
        CacheScope lent = builder.Lend();
        CacheScope kept = lent.Keep();
        Assert.Equal(built, lent);
        Assert.Equal(built.GetHashCode(), lent.GetHashCode());
        builder.Reset("other");
        builder.Add("f", "valve");
        Assert.Equal(built, kept);
        Assert.Equal("other", builder.Build().Tenant);
        Assert.Same(built, built.Keep());
    }

    [Fact]
    public void A_scope_may_be_longer_than_any_buffer()
    {
        string text = new('ä', 100_000);
        using var builder = new CacheScopeBuilder("t");
        for (int i = 0; i < 5; i++)
            builder.Add($"message {i}", text);
        Assert.Equal(builder.Build(), CacheScope.Create("t", [.. Enumerable.Range(0, 5).Select(i => ($"message {i}", text))]));
        Assert.Equal(new KeyReader(builder.Build(), text, Seed).Key, KeyReader.KeyOf(builder.Build(), CanonicalForm.ToUtf8(text, ""), Seed));
    }

    private const string Golden = "e12c67a8af1091dc3004911b37b6cd95-a9a8f6534a17271f9e0a43cbed1d25f9";

    private static string GoldenKey()
    {
        CacheKey key = KeyOf(CacheScope.Create("tenant", ("model", "m-1")), "What is the capital of France?");
        return $"{key.Scope:x32}-{key.Digest:x32}";
    }

    private static CacheScope Build(Action<CacheScopeBuilder> add)
    {
        using var builder = new CacheScopeBuilder("t");
        add(builder);
        return builder.Build();
    }

    private static CacheKey KeyOf(CacheScope scope) => KeyOf(scope, "text");

    private static CacheKey KeyOf(CacheScope scope, string text)
    {
        using var reader = new KeyReader(scope, text, Seed);
        return reader.Key;
    }
}
