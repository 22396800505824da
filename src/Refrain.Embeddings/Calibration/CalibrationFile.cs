using System.Text.Json;

namespace Refrain.Embeddings;

/// <summary>What a calibration found out about one embedding space; kept as JSON, read by the gateway and by options.</summary>
public sealed record CalibrationFile
{
    /// <summary>The version that this library writes.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Version of the file's form.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>Model whose space was calibrated.</summary>
    public required string Model { get; init; }

    /// <summary>Revision of the model.</summary>
    public string Revision { get; init; } = "";

    /// <summary>Numbers in a vector.</summary>
    public required int Dimensions { get; init; }

    /// <summary>Variant of the space.</summary>
    public string Variant { get; init; } = "";

    /// <summary>Least similarity, in [-1, 1], of a hit.</summary>
    public required float SimilarityThreshold { get; init; }

    /// <summary>The share of wrong hits that was aimed at.</summary>
    public double Target { get; init; }

    /// <summary>Labelled pairs that it rests on.</summary>
    public int PairCount { get; init; }

    /// <summary>Valid pairs at or above the threshold, guards passed.</summary>
    public int ValidHits { get; init; }

    /// <summary>Invalid pairs at or above the threshold, guards passed.</summary>
    public int WrongHits { get; init; }

    /// <summary>Upper end of the 95 % interval of the wrong share.</summary>
    public double WrongShareUpper { get; init; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is no calibration; the message says why.</exception>
    public static CalibrationFile Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        CalibrationFile? file;
        try
        {
            file = JsonSerializer.Deserialize(File.ReadAllBytes(path), CalibrationJson.Default.CalibrationFile);
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{path} is no calibration: {error.Message}", error);
        }

        if (file is null || file.Version != CurrentVersion) throw new InvalidDataException($"{path} is of version {file?.Version ?? 0}; version {CurrentVersion} is read. Calibrate again.");
        return float.IsFinite(file.SimilarityThreshold) && Math.Abs(file.SimilarityThreshold) <= 1
            ? file
            : throw new InvalidDataException($"{path}: the threshold {file.SimilarityThreshold} is no cosine.");
    }

    /// <summary>Writes the file, whole or not at all.</summary>
    public void Write(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string fresh = path + ".new";
        File.WriteAllBytes(fresh, JsonSerializer.SerializeToUtf8Bytes(this, CalibrationJson.Default.CalibrationFile));
        File.Move(fresh, path, overwrite: true);
    }

    /// <summary>Whether it is about this space.</summary>
    public bool IsAbout(EmbeddingSpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        return Model == space.Model && Revision == space.Revision && Dimensions == space.Dimensions && Variant == space.Variant;
    }
}
