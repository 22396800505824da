using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;

namespace Refrain.Benchmarks;

/// <summary>A peer in a process of its own, which builds its index and then answers one search command after the other.</summary>
internal sealed class PeerProcess : IDisposable
{
    private const int ResultSize = 12;

    private readonly Process _process;

    private PeerProcess(string name, Process process)
    {
        Name = name;
        _process = process;
    }

    public string Name { get; }

    /// <summary>Inserts a second while building.</summary>
    public double InsertsPerSecond { get; private set; }

    /// <summary>The program that build.sh makes, or null.</summary>
    public static string? Find()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
            if (File.Exists(Path.Combine(directory.FullName, "Engine.sln")))
            {
                string program = Path.Combine(directory.FullName, "benchmarks", "peers", "bin", "hnsw_peer");
                return File.Exists(program) ? program : null;
            }

        return null;
    }

    /// <summary>Starts hnswlib with M 16 and efConstruction 200, and waits until its index is built.</summary>
    /// <param name="program">What <see cref="Find"/> found.</param>
    /// <param name="kind">"f32" or "int8".</param>
    /// <param name="vectorsPath">Floats, one vector after the other.</param>
    /// <param name="count">How many vectors.</param>
    /// <param name="dimensions">Numbers in a vector.</param>
    public static PeerProcess Start(string program, string kind, string vectorsPath, int count, int dimensions)
    {
        var start = new ProcessStartInfo(program, [kind, vectorsPath, Text(count), Text(dimensions), "16", "200"]) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        var peer = new PeerProcess($"hnswlib-{kind}", Process.Start(start)!);
        peer.InsertsPerSecond = count / double.Parse(peer.Answer().Split(' ')[1], CultureInfo.InvariantCulture);
        return peer;
    }

    /// <summary>Searches for the nearest vector of each query.</summary>
    /// <returns>For each query: the vector's number, its cosine, and the time.</returns>
    public (uint Id, float Similarity, uint Nanoseconds)[] Search(string queriesPath, int count, int ef)
    {
        string resultsPath = queriesPath + ".results";
        _process.StandardInput.WriteLine($"search {queriesPath} {Text(count)} {Text(ef)} {resultsPath}");
        _process.StandardInput.Flush();
        Answer();
        ReadOnlySpan<byte> bytes = File.ReadAllBytes(resultsPath);
        if (bytes.Length != count * ResultSize)
            throw new InvalidOperationException($"{Name} wrote {bytes.Length} bytes, not {count * ResultSize}.");
        var results = new (uint Id, float Similarity, uint Nanoseconds)[count];
        for (int i = 0; i < count; i++, bytes = bytes[ResultSize..])
            results[i] = (BinaryPrimitives.ReadUInt32LittleEndian(bytes), BinaryPrimitives.ReadSingleLittleEndian(bytes[4..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]));
        return results;
    }

    public void Dispose()
    {
        _process.StandardInput.WriteLine("quit");
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private string Answer() => _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{Name} ended without an answer.");
}
