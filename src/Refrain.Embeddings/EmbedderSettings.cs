using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Refrain.Embeddings;

/// <summary>Reads settings and complains about them by name.</summary>
internal readonly struct EmbedderSettings(IConfiguration configuration)
{
    internal string? Text(string name) => configuration[name] is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

    internal string Required(string name) => Text(name) ?? throw new ArgumentException($"{name} is not set, and the chosen embedder needs it.");

    internal int? Number(string name)
    {
        if (Text(name) is not { } text) return null;
        if (int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out int number)) return number;
        throw new ArgumentException($"{name} is \"{text}\"; a whole number is needed.");
    }

    internal int RequiredNumber(string name) => Number(name) ?? throw new ArgumentException($"{name} is not set, and the chosen embedder needs it.");

    internal bool Flag(string name) => Text(name) switch
    {
        null => false,
        var text when bool.TryParse(text, out bool flag) => flag,
        "1" => true,
        "0" => false,
        var text => throw new ArgumentException($"{name} is \"{text}\"; true or false is needed."),
    };

    internal Uri? Address(string name)
    {
        if (Text(name) is not { } text) return null;
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? address) ? address : throw new ArgumentException($"{name} is \"{text}\"; an absolute address is needed.");
    }
}
