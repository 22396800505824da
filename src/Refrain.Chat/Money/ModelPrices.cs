using System.Globalization;
using System.Text.Json;

namespace Refrain.Chat;

/// <summary>A price list: a JSON file that its users edit, with the date on which it was true. Immutable.</summary>
/// <remarks>
/// <code>
/// { "date": "2026-01-31", "currency": "USD",
///   "models": { "some-model": { "input": 2.5, "cachedInput": 1.25, "output": 10, "perRequest": 0 } } }
/// </code>
/// Prices are for a million tokens; <c>perRequest</c> is for one request. A model's name also covers the same name with a date behind it
/// ("some-model-2026-01-31", "some-model-20260131"), and nothing else.
/// </remarks>
public sealed class ModelPrices
{
    private readonly Dictionary<string, ModelPrice> _models;

    private ModelPrices(DateOnly date, string currency, Dictionary<string, ModelPrice> models)
    {
        Date = date;
        Currency = currency;
        _models = models;
    }

    /// <summary>When the prices were true.</summary>
    public DateOnly Date { get; }

    /// <summary>Name of the currency, such as "USD".</summary>
    public string Currency { get; }

    /// <summary>Names of the models in the list.</summary>
    public IReadOnlyCollection<string> Models => _models.Keys;

    /// <summary>Reads a price list from a file.</summary>
    /// <param name="path">Path of a JSON file.</param>
    /// <exception cref="FormatException">The file is not a price list; the message says where.</exception>
    public static ModelPrices Load(string path) => Parse(File.ReadAllText(path));

    /// <summary>Reads a price list.</summary>
    /// <param name="json">The JSON; comments and trailing commas are allowed, since people edit it.</param>
    /// <exception cref="FormatException">It is not a price list: malformed, without its date, or with a price that is negative or no number.</exception>
    public static ModelPrices Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object) throw new FormatException("A price list is a JSON object.");
            if (!root.TryGetProperty("date", out JsonElement dated) || dated.ValueKind != JsonValueKind.String
                || !DateOnly.TryParseExact(dated.GetString(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly date))
                throw new FormatException("A price list names its date, as in \"date\": \"2026-01-31\".");
            string currency = root.TryGetProperty("currency", out JsonElement named) ? named.GetString() ?? "USD" : "USD";
            if (!root.TryGetProperty("models", out JsonElement models) || models.ValueKind != JsonValueKind.Object)
                throw new FormatException("A price list has an object \"models\".");
            var prices = new Dictionary<string, ModelPrice>(StringComparer.OrdinalIgnoreCase);
            foreach (JsonProperty model in models.EnumerateObject())
                if (!prices.TryAdd(model.Name, ReadPrice(model))) throw new FormatException($"The model \"{model.Name}\" stands in the price list twice.");
            return new ModelPrices(date, currency, prices);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException($"The price list is not what it should be: {e.Message}", e);
        }
    }

    /// <summary>The price of a model, or null if the list has none.</summary>
    /// <param name="model">Name as the provider reports it; case does not matter. May be null.</param>
    public ModelPrice? Find(string? model) =>
        model is null ? null
        : _models.TryGetValue(model, out ModelPrice? price) ? price
        : WithoutDate(model) is { } undated && _models.TryGetValue(undated, out price) ? price
        : null;

    private static ModelPrice ReadPrice(JsonProperty model)
    {
        decimal input = 0, output = 0, request = 0;
        decimal? cached = null;
        if (model.Value.ValueKind != JsonValueKind.Object) throw new FormatException($"The price of \"{model.Name}\" is an object.");
        foreach (JsonProperty part in model.Value.EnumerateObject())
        {
            if (part.Value.ValueKind != JsonValueKind.Number || !part.Value.TryGetDecimal(out decimal price) || price is < 0 or > ModelPrice.Largest)
                throw new FormatException($"\"{part.Name}\" of \"{model.Name}\" is a number from 0 to {ModelPrice.Largest}, found {part.Value.GetRawText()}.");
            switch (part.Name)
            {
                case "input": input = price; break;
                case "cachedInput": cached = price; break;
                case "output": output = price; break;
                case "perRequest": request = price; break;
                default: throw new FormatException($"\"{model.Name}\" has \"{part.Name}\"; known are input, cachedInput, output and perRequest.");
            }
        }

        return new ModelPrice { InputPerMillion = input, CachedInputPerMillion = cached, OutputPerMillion = output, PerRequest = request };
    }

    private static string? WithoutDate(string model)
    {
        ReadOnlySpan<char> name = model;
        if (name.Length > 11 && name[^11] == '-' && DateOnly.TryParseExact(name[^10..], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
            return model[..^11];
        if (name.Length > 9 && name[^9] == '-' && DateOnly.TryParseExact(name[^8..], "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
            return model[..^9];
        return null;
    }
}
