namespace Tidy.Tests;

/// <summary>A document that is made from something else, and must be what that makes.</summary>
internal static class MadeDocument
{
    /// <summary>Compares the document with what it should be; with <c>REFRAIN_WRITE_DOCS=1</c> in the environment it is written first.</summary>
    public static void Compare(string path, string made)
    {
        if (Environment.GetEnvironmentVariable("REFRAIN_WRITE_DOCS") == "1")
            File.WriteAllText(Path.Combine(House.Root, path), made);
        Assert.Equal(made, House.Read(path));
    }
}
