namespace Tidy.Tests;

/// <summary>tests mirrors src.</summary>
internal static class Mirror
{
    // What several tests of a project stand on; it has no counterpart in the product.
    private static readonly string[] Furniture = ["Support", "Fixtures", "Golden"];

    /// <summary>Product projects without tests, test projects without a product, and test folders without their stage.</summary>
    public static IEnumerable<string> Complaints(IReadOnlyList<string> files)
    {
        HashSet<string> products = [.. ProjectsUnder("src", files)];
        HashSet<string> tests = [.. ProjectsUnder("tests", files)];
        foreach (string product in products.Where(product => product is not "Refrain.Examples" && !tests.Contains($"{product}.Tests")))
            yield return $"src/{product}: no project tests/{product}.Tests stands beside it";
        foreach (string test in tests.Where(test => test != "Tidy.Tests" && !products.Contains(test[..^".Tests".Length])))
            yield return $"tests/{test}: it tests no project of src";
        HashSet<string> folders = [.. files.Where(path => path.EndsWith(".cs", StringComparison.Ordinal)).Select(path => path[..path.LastIndexOf('/')])];
        foreach (string folder in folders.Where(folder => folder.StartsWith("tests/", StringComparison.Ordinal) && folder.Split('/') is [_, _, _, ..] parts && !Furniture.Contains(parts[2], StringComparer.Ordinal)).Order(StringComparer.Ordinal))
        {
            string[] parts = folder.Split('/');
            string mirrored = string.Join('/', ["src", parts[1][..^".Tests".Length], .. parts[2..]]);
            if (!folders.Contains(mirrored))
                yield return $"{folder}: there is no {mirrored}; what tests share stands in {string.Join(" or ", Furniture)}";
        }
    }

    private static IEnumerable<string> ProjectsUnder(string top, IReadOnlyList<string> files) =>
        files.Where(path => path.StartsWith(top + "/", StringComparison.Ordinal) && path.EndsWith(".csproj", StringComparison.Ordinal)).Select(path => Path.GetFileNameWithoutExtension(path)!);
}
