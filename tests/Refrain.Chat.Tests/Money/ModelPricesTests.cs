namespace Refrain.Chat.Tests;

public sealed class ModelPricesTests
{
    [Fact]
    public void A_list_is_read_with_its_date_and_currency()
    {
        var prices = ModelPrices.Parse("""
            { "date": "2026-01-31", "currency": "EUR", // edited by hand
              "models": { "Model-A": { "input": 2.5, "cachedInput": 1.25, "output": 10, "perRequest": 0.001 }, } }
            """);
        Assert.Equal((new DateOnly(2026, 1, 31), "EUR"), (prices.Date, prices.Currency));
        Assert.Equal(new ModelPrice { InputPerMillion = 2.5m, CachedInputPerMillion = 1.25m, OutputPerMillion = 10m, PerRequest = 0.001m }, prices.Find("model-a"));
    }

    [Theory]
    [InlineData("model-a-2026-01-31", true)]
    [InlineData("model-a-20260131", true)]
    [InlineData("model-a-mini", false)]
    [InlineData("model-a-2026-13-31", false)]
    [InlineData("model", false)]
    [InlineData(null, false)]
    public void A_name_also_covers_itself_with_a_date_and_nothing_else(string? model, bool found)
    {
        var prices = ModelPrices.Parse("""{ "date": "2026-01-31", "models": { "model-a": { "input": 1 } } }""");
        Assert.Equal(found, prices.Find(model) is not null);
    }

    [Theory]
    [InlineData("""{ "date": "2026-01-31", "models": { "a": { "input": -1 } } }""")]
    [InlineData("""{ "date": "2026-01-31", "models": { "a": { "input": NaN } } }""")]
    [InlineData("""{ "date": "2026-01-31", "models": { "a": { "input": "NaN" } } }""")]
    [InlineData("""{ "date": "2026-01-31", "models": { "a": { "input": 1e999 } } }""")]
    [InlineData("""{ "date": "2026-01-31", "models": { "a": { "input": 1e20 } } }""")]
    [InlineData("""{ "date": "2026-01-31", "models": { "a": { "inputt": 1 } } }""")]
    [InlineData("""{ "date": "2026-01-31", "models": { "a": 1 } }""")]
    [InlineData("""{ "date": "2026-01-31", "models": { "a": {}, "A": {} } }""")]
    [InlineData("""{ "date": "31.1.2026", "models": {} }""")]
    [InlineData("""{ "models": {} }""")]
    [InlineData("""{ "date": "2026-01-31" }""")]
    [InlineData("""[]""")]
    [InlineData("""{""")]
    public void A_list_that_is_none_is_refused(string json) => Assert.Throws<FormatException>(() => ModelPrices.Parse(json));

    [Fact]
    public void A_price_that_is_NaN_infinite_or_negative_is_refused()
    {
        foreach (double price in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity, -0.01, 1e30 })
            Assert.Throws<ArgumentOutOfRangeException>(() => ModelPrice.FromDouble(price));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ModelPrice { InputPerMillion = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ModelPrice { CachedInputPerMillion = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ModelPrice { OutputPerMillion = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ModelPrice { PerRequest = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ModelPrice { InputPerMillion = decimal.MaxValue });
        Assert.Equal(0.25m, ModelPrice.FromDouble(0.25));
    }

    [Fact]
    public void The_largest_price_of_the_largest_usage_is_still_an_amount()
    {
        var price = new ModelPrice { InputPerMillion = 1_000_000_000m, OutputPerMillion = 1_000_000_000m, PerRequest = 1_000_000_000m };
        Assert.True(price.CostOf(long.MaxValue, long.MaxValue) > 0);
    }

    [Fact]
    public void Cached_input_has_its_own_price()
    {
        var price = new ModelPrice { InputPerMillion = 10, CachedInputPerMillion = 1, OutputPerMillion = 100, PerRequest = 0.5m };
        Assert.Equal(0.5m + ((800 * 10) + (200 * 1) + (50 * 100)) / 1_000_000m, price.CostOf(1000, 50, 200));
        Assert.Equal(price.CostOf(1000, 50), (price with { CachedInputPerMillion = null }).CostOf(1000, 50, 200));
    }
}
