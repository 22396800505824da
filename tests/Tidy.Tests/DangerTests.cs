namespace Tidy.Tests;

public sealed class DangerTests
{
    [Fact]
    public void Unsafe_code_stands_in_the_vector_index_only() => Complaints.None(House.ProductSources.SelectMany(Danger.InSource));

    [Fact]
    public void No_project_of_the_product_allows_itself_what_the_house_forbids() =>
        Complaints.None(House.Files(".csproj").Where(path => path.StartsWith("src/", StringComparison.Ordinal)).SelectMany(path => Danger.InProject(path, House.Read(path))));

    [Theory]
    [InlineData("class Planted { unsafe void Read(byte* at) { } }", "'unsafe'")]
    [InlineData("using System.Runtime.Intrinsics;", "System.Runtime.Intrinsics")]
    [InlineData("using System.Runtime.InteropServices;", "System.Runtime.InteropServices")]
    [InlineData("class Planted { int Read(ref byte at) => System.Runtime.CompilerServices.Unsafe.As<byte, int>(ref at); }", "System.Runtime.CompilerServices.Unsafe")]
    [InlineData("using System.Runtime.CompilerServices; class Planted { int Read(ref byte at) => Unsafe.As<byte, int>(ref at); }", "'Unsafe'")]
    public void Unsafe_code_elsewhere_is_rejected(string source, string saying) => Complaints.Rejects(Danger.InSource(new("src/Refrain/Exact/Planted.cs", source)), saying);

    [Fact]
    public void A_project_that_allows_itself_unsafe_code_is_rejected() =>
        Complaints.Rejects(Danger.InProject("src/Refrain/Refrain.csproj", "<Project><PropertyGroup><AllowUnsafeBlocks>true</AllowUnsafeBlocks></PropertyGroup></Project>"), "AllowUnsafeBlocks");

    [Fact]
    public void A_project_that_silences_a_warning_is_rejected() =>
        Complaints.Rejects(Danger.InProject("src/Refrain/Refrain.csproj", "<Project><PropertyGroup><NoWarn>CS1591</NoWarn></PropertyGroup></Project>"), "NoWarn");
}
