using System.Reflection;
using System.Runtime.InteropServices;

namespace Refrain.Vectors.Tests;

/// <summary>FORMAT.md says what the structs are.</summary>
public sealed class FormatTests
{
    [Fact]
    public void The_superblock_is_as_documented() => AssertSame(typeof(Superblock), "## Superblock", 96);

    [Fact]
    public void The_header_of_a_slot_is_as_documented() => AssertSame(typeof(RecordHeader), "## Slot", RecordHeader.HeaderSize);

    private static void AssertSame(Type type, string heading, int end)
    {
        string text = File.ReadAllText(Path.Combine(Root(), "src", "Refrain.Vectors", "FORMAT.md"));
        string section = text[text.IndexOf(heading, StringComparison.Ordinal)..];
        string[] documented = [.. section.Split('\n').SkipWhile(line => !line.StartsWith("| offset", StringComparison.Ordinal)).Skip(2).TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries)).Select(cells => $"{cells[1]} {cells[2]} {cells[3]}")];
        FieldInfo[] fields = [.. type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).OrderBy(Offset)];
        Assert.Equal([.. fields.Select(field => $"{Offset(field)} {Marshal.SizeOf(field.FieldType)} {field.Name}")], documented);
        int next = 0;
        foreach (FieldInfo field in fields)
        {
            Assert.Equal(next, Offset(field));
            next += Marshal.SizeOf(field.FieldType);
        }
        Assert.Equal(end, next);
    }

    private static int Offset(FieldInfo field) => field.GetCustomAttribute<FieldOffsetAttribute>()!.Value;

    private static string Root()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Engine.sln")))
            directory = directory.Parent;
        return directory!.FullName;
    }
}
