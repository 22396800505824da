using System.Globalization;

namespace Refrain.Gateway;

/// <summary>Reads settings one by one and says clearly what is wrong with one.</summary>
internal sealed class SettingReader(IConfiguration configuration)
{
    /// <summary>The setting, or null where it is absent or empty.</summary>
    public string? Text(string name) => configuration[name] is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

    public Secret Secret(string name) => new(Text(name));

    /// <summary>Names between commas.</summary>
    public string[]? List(string name) => configuration[name]?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public bool Flag(string name) => Text(name) switch
    {
        null => false,
        "1" => true,
        "0" => false,
        { } text when bool.TryParse(text, out bool flag) => flag,
        { } text => throw new SettingsException($"{name} must be true or false; it is \"{text}\"."),
    };

    /// <summary>A whole number within bounds.</summary>
    public int? Integer(string name, int least, int most) => Text(name) switch
    {
        null => null,
        { } text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most => number,
        { } text => throw new SettingsException($"{name} must be a whole number from {least} to {most}; it is \"{text}\"."),
    };

    /// <summary>A number within bounds.</summary>
    public float? Number(string name, float least, float most) => Text(name) switch
    {
        null => null,
        { } text when float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float number) && number >= least && number <= most => number,
        { } text => throw new SettingsException($"{name} must be a number from {least} to {most}; it is \"{text}\"."),
    };

    /// <summary>An amount of money.</summary>
    public decimal? Amount(string name) => Text(name) switch
    {
        null => null,
        { } text when decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal amount) && amount <= 9_000_000_000m => amount,
        { } text => throw new SettingsException($"{name} must be an amount such as 25 or 0.50, without a currency; it is \"{text}\"."),
    };

    /// <summary>One of the words that an enumeration knows, in any case.</summary>
    public T? Word<T>(string name) where T : struct, Enum => Text(name) switch
    {
        null => null,
        { } text when char.IsAsciiLetter(text[0]) && Enum.TryParse(text, ignoreCase: true, out T word) && Enum.IsDefined(word) => word,
        { } text => throw new SettingsException($"{name} must be {string.Join(", ", Enum.GetNames<T>().Select(known => known.ToLowerInvariant()))}; it is \"{text}\"."),
    };

    /// <summary>An absolute http or https address without user, query or fragment.</summary>
    public Uri? Address(string name)
    {
        if (Text(name) is not { } text)
            return null;
        bool valid = Uri.TryCreate(text, UriKind.Absolute, out Uri? address)
            && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
            && address.UserInfo.Length == 0 && address.Query.Length == 0 && address.Fragment.Length == 0;
        return valid
            ? address
            : throw new SettingsException($"{name} must be an address such as https://api.openai.com/v1: http or https, without user, query or fragment.");
    }
}
