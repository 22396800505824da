namespace Tidy.Tests;

/// <summary>The tree as it lies on the disk, without what builds leave behind.</summary>
internal static class House
{
    private static readonly string[] Unkept = ["bin", "obj", "artifacts", "TestResults", "BenchmarkDotNet.Artifacts", ".git", ".refrain", ".vs", ".idea", "node_modules"];

    private static readonly Lazy<IReadOnlyList<SourceFile>> LazySources = new(() =>
        [.. Files().Where(path => path.EndsWith(".cs", StringComparison.Ordinal)).Select(path => new SourceFile(path, Read(path)))]);

    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Every C# file.</summary>
    public static IReadOnlyList<SourceFile> Sources => LazySources.Value;

    /// <summary>The C# files of the product.</summary>
    public static IEnumerable<SourceFile> ProductSources => Sources.Where(file => file.Path.StartsWith("src/", StringComparison.Ordinal));

    /// <summary>Every file, relative to the root, with forward slashes, in order.</summary>
    public static IEnumerable<string> Files() => Walk(Root).Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/')).Order(StringComparer.Ordinal);

    /// <summary>Every file whose name ends so.</summary>
    public static IEnumerable<string> Files(string ending) => Files().Where(path => path.EndsWith(ending, StringComparison.Ordinal));

    /// <summary>The text of a file.</summary>
    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path)).ReplaceLineEndings("\n");

    private static IEnumerable<string> Walk(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(folder))
            yield return file;
        foreach (string inner in Directory.EnumerateDirectories(folder).Where(inner => !Unkept.Contains(Path.GetFileName(inner), StringComparer.Ordinal)))
        {
            foreach (string file in Walk(inner))
                yield return file;
        }
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Engine.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds Engine.sln.");
    }
}
