using System.Globalization;

namespace Refrain.Benchmarks;

/// <summary>One run of a suite: the options it was given, and the rows it found.</summary>
internal sealed class SuiteRun
{
    private readonly Dictionary<string, string?> _values = new(StringComparer.Ordinal);
    private readonly List<SuiteRow> _rows = [];
    private readonly ISuite _suite;
    private readonly TextWriter _progress;

    private SuiteRun(ISuite suite, TextWriter progress)
    {
        _suite = suite;
        _progress = progress;
    }

    /// <summary>Whether the whole suite has to end within a minute.</summary>
    public bool Quick { get; private set; }

    /// <summary>Where the rows go besides the table. Null: nowhere.</summary>
    public string? JsonPath { get; private set; }

    /// <summary>The rows so far, in the order they were added.</summary>
    public IReadOnlyList<SuiteRow> Rows => _rows;

    /// <summary>Reads the command line of a suite.</summary>
    /// <exception cref="UsageException">An option is unknown, or its value is missing.</exception>
    public static SuiteRun Parse(ISuite suite, ReadOnlySpan<string> arguments, TextWriter progress)
    {
        SuiteRun run = new(suite, progress);
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            if (name == "--quick")
            {
                run.Quick = true;
                continue;
            }

            bool isJson = name == "--json";
            SuiteOption? option = suite.Options.FirstOrDefault(candidate => candidate.Name == name);
            if (option is null && !isJson)
                throw new UsageException($"The suite '{suite.Name}' has no option '{name}'. It has: {Describe(suite)}.");
            string? value = null;
            if (isJson || option!.Value is not null)
            {
                if (i + 1 == arguments.Length)
                    throw new UsageException($"{name} wants a value.");
                value = arguments[++i];
            }

            if (isJson)
                run.JsonPath = value;
            else
                run._values[name] = value;
        }

        return run;
    }

    /// <summary>Whether the option was given.</summary>
    public bool Has(string option) => _values.ContainsKey(Known(option));

    /// <summary>The option's value, or null if it was not given.</summary>
    public string? Text(string option) => _values.GetValueOrDefault(Known(option));

    /// <summary>The option's value, or <paramref name="otherwise"/> if it was not given; thousands may be set apart by commas or underscores.</summary>
    /// <exception cref="UsageException">The value is no whole number.</exception>
    public int Number(string option, int otherwise)
    {
        if (Text(option) is not { } text)
            return otherwise;
        return int.TryParse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.Integer | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new UsageException($"{option} wants a whole number, not '{text}'.");
    }

    /// <summary>Adds a figure that is compared with nobody's.</summary>
    public void Add(string @case, string metric, double value, string unit) => _rows.Add(new(_suite.Name, @case, metric, value, unit));

    /// <summary>Adds a figure beside a peer's, taken in the same run.</summary>
    /// <param name="case">What was measured.</param>
    /// <param name="metric">Which property of it.</param>
    /// <param name="value">Our figure.</param>
    /// <param name="unit">Its unit.</param>
    /// <param name="peer">The peer's name.</param>
    /// <param name="ratio">How many times better we are: the peer's time over ours, our throughput over the peer's.</param>
    public void Add(string @case, string metric, double value, string unit, string peer, double ratio) =>
        _rows.Add(new(_suite.Name, @case, metric, value, unit, peer, ratio));

    /// <summary>Says what goes on, on standard error, so that standard output holds the table alone.</summary>
    public void Say(string message) => _progress.WriteLine($"[{_suite.Name}] {message}");

    /// <summary>The options of a suite, as the usage prints them.</summary>
    public static string Describe(ISuite suite) =>
        string.Join(' ', suite.Options.Select(option => option.Value is null ? $"[{option.Name}]" : $"[{option.Name} {option.Value}]").Append("[--quick]").Append("[--json FILE]"));

    private string Known(string option) => _suite.Options.Any(candidate => candidate.Name == option)
        ? option
        : throw new UsageException($"The suite '{_suite.Name}' asks for {option}, which it does not list.");
}
