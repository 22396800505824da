namespace Refrain.Gateway.Tests;

/// <summary>Data that lies beside the project, not in it.</summary>
internal static class SharedData
{
    /// <summary>The file in <c>../shared/data</c>, counted from the folder that holds the solution; null where there is none.</summary>
    public static string? Find(string name)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "Engine.sln")))
                continue;
            string path = Path.Combine(folder.FullName, "..", "shared", "data", name);
            return File.Exists(path) ? Path.GetFullPath(path) : null;
        }
        return null;
    }
}
