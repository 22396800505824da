using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;

namespace Refrain.Benchmarks;

/// <summary>A peer in a process of its own, which builds its index and then answers one search command after the other.</summary>
internal sealed class PeerProcess : IContender, IDisposable
{
    private const int ResultSize = 8;

    /// <summary>Name, program, and what comes before the other arguments.</summary>
    private static readonly (string Name, string Program, string[] Arguments)[] Known =
    [
        ("hnswlib-f32", "hnsw_peer", ["f32"]),
        ("hnswlib-int8", "hnsw_peer", ["int8"]),
        ("faiss-f32", "faiss_peer", []),
        ("usearch-bf16", "usearch_peer.mjs", []),
    ];

    private readonly Process _process;
    private readonly string _queriesPath;

    private PeerProcess(string name, Process process, string queriesPath)
    {
        Name = name;
        _process = process;
        _queriesPath = queriesPath;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Inserts a second while it was built; infinite if its graph was loaded.</summary>
    public double InsertsPerSecond { get; private set; }

    /// <summary>Starts all peers that benchmarks/peers/build.sh has built, and says which are missing. Each gets M 16 and efConstruction 200.</summary>
    /// <param name="run">Is told what goes on.</param>
    /// <param name="wanted">Names, set apart by commas; null for all.</param>
    /// <param name="basePath">Vectors lie at this path with ".f32"; graphs are kept beside them.</param>
    /// <param name="count">How many vectors.</param>
    /// <param name="dimensions">Numbers in a vector.</param>
    public static List<PeerProcess> StartAll(SuiteRun run, string? wanted, string basePath, int count, int dimensions)
    {
        List<PeerProcess> peers = [];
        foreach ((string name, string program, string[] first) in Known)
        {
            if (wanted is not null && !wanted.Split(',').Contains(name))
                continue;
            string? path = Find(program);
            if (path is null)
            {
                run.Say($"no {name}: benchmarks/peers/build.sh builds it");
                continue;
            }

            string[] arguments = [.. first, basePath + ".f32", Text(count), Text(dimensions), "16", "200", $"{basePath}.{name}"];
            run.Say($"{name} makes its graph, or loads it");
            ProcessStartInfo start = path.EndsWith(".mjs", StringComparison.Ordinal) ? new("node", [path, .. arguments]) : new(path, arguments);
            start.UseShellExecute = false;
            start.RedirectStandardInput = start.RedirectStandardOutput = true;
            var peer = new PeerProcess(name, Process.Start(start)!, $"{basePath}.{name}.queries");
            peer.InsertsPerSecond = count / double.Parse(peer.Answer().Split(' ')[1], CultureInfo.InvariantCulture);
            peers.Add(peer);
        }

        return peers;
    }

    /// <inheritdoc/>
    public (int Id, double Microseconds)[] Ask(VectorSet queries, int effort)
    {
        queries.Save(_queriesPath);
        string resultsPath = _queriesPath + ".results";
        _process.StandardInput.WriteLine($"search {_queriesPath} {Text(queries.Count)} {Text(effort)} {resultsPath}");
        _process.StandardInput.Flush();
        Answer();
        byte[] bytes = File.ReadAllBytes(resultsPath);
        if (bytes.Length != queries.Count * ResultSize)
            throw new InvalidOperationException($"{Name} wrote {bytes.Length} bytes, not {queries.Count * ResultSize}.");
        var answers = new (int, double)[queries.Count];
        for (int i = 0; i < answers.Length; i++)
        {
            ReadOnlySpan<byte> row = bytes.AsSpan(i * ResultSize);
            answers[i] = (BinaryPrimitives.ReadInt32LittleEndian(row), BinaryPrimitives.ReadUInt32LittleEndian(row[4..]) / 1000.0);
        }

        return answers;
    }

    public void Dispose()
    {
        _process.StandardInput.WriteLine("quit");
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static string? Find(string program)
    {
        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Engine.sln")))
            root = root.Parent;
        string path = Path.Combine(root?.FullName ?? ".", "benchmarks", "peers", "bin", program);
        return File.Exists(path) ? path : null;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private string Answer() => _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{Name} ended without an answer.");
}
