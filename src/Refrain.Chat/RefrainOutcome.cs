using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>What Refrain wrote on a response or on an update, read back typed.</summary>
public readonly record struct RefrainOutcome
{
    /// <summary>The tier that answered; <see cref="HitKind.None"/> on a miss and on a bypass.</summary>
    public HitKind Kind { get; private init; }

    /// <summary>Whether the cache was not asked at all.</summary>
    public bool Bypassed { get; private init; }

    /// <summary>Why it was not asked, or null.</summary>
    public string? Reason { get; private init; }

    /// <summary>Cosine of the nearest stored text in [-1, 1], or NaN.</summary>
    public double Similarity { get; private init; }

    /// <summary>How long ago the answer was stored; zero unless it is a hit.</summary>
    public TimeSpan Age { get; private init; }

    /// <summary>What the hit saved.</summary>
    public decimal Saved { get; private init; }

    /// <summary>What the upstream call cost, or null where nobody worked it out.</summary>
    public decimal? Cost { get; private init; }

    /// <summary>Whether <see cref="Cost"/> rests on an estimate of the tokens.</summary>
    public bool CostEstimated { get; private init; }

    /// <summary>The route that answered, or null where no router was asked.</summary>
    public string? Route { get; private init; }

    /// <summary>The model of that route.</summary>
    public string? Model { get; private init; }

    /// <summary>Whether another caller's upstream call answered.</summary>
    public bool Shared { get; private init; }

    /// <summary>Reads the properties.</summary>
    /// <param name="properties">Those of a response or of an update; may be null.</param>
    public static RefrainOutcome Of(AdditionalPropertiesDictionary? properties)
    {
        string? kind = Read<string>(properties, RefrainProperties.Kind);
        return new RefrainOutcome
        {
            Kind = kind switch { "exact" => HitKind.Exact, "durable" => HitKind.Durable, "semantic" => HitKind.Semantic, _ => HitKind.None },
            Bypassed = kind == "bypass",
            Reason = Read<string>(properties, RefrainProperties.Reason),
            Similarity = Read<double?>(properties, RefrainProperties.Similarity) ?? double.NaN,
            Age = TimeSpan.FromSeconds(Read<double>(properties, RefrainProperties.Age)),
            Saved = Read<decimal>(properties, RefrainProperties.Saved),
            Cost = Read<decimal?>(properties, RefrainProperties.Cost),
            CostEstimated = Read<bool>(properties, RefrainProperties.CostEstimated),
            Route = Read<string>(properties, RefrainProperties.Route),
            Model = Read<string>(properties, RefrainProperties.Model),
            Shared = Read<bool>(properties, RefrainProperties.Shared),
        };
    }

    private static T? Read<T>(AdditionalPropertiesDictionary? properties, string name) =>
        properties is not null && properties.TryGetValue(name, out object? value) && value is T typed ? typed : default;
}
