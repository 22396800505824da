namespace Tidy.Tests;

public sealed class ProjectArrowTests
{
    [Fact]
    public void Every_project_references_only_those_below_it() =>
        Complaints.None(House.Files(".csproj").Where(path => path.StartsWith("src/", StringComparison.Ordinal)).SelectMany(path => ProjectArrows.InProject(path, House.Read(path))));

    [Fact]
    public void Every_source_names_only_projects_below_its_own() => Complaints.None(House.ProductSources.SelectMany(ProjectArrows.InSource));

    [Fact]
    public void An_arrow_that_points_up_is_rejected() =>
        Complaints.Rejects(ProjectArrows.InProject("src/Refrain/Refrain.csproj", """<Project><ItemGroup><ProjectReference Include="../Refrain.Chat/Refrain.Chat.csproj" /></ItemGroup></Project>"""), "may not reference Refrain.Chat");

    [Fact]
    public void A_project_that_is_not_on_the_map_is_rejected() =>
        Complaints.Rejects(ProjectArrows.InProject("src/Refrain.New/Refrain.New.csproj", "<Project />"), "is not on the map");

    [Fact]
    public void A_package_in_the_vector_index_is_rejected() =>
        Complaints.Rejects(ProjectArrows.InProject("src/Refrain.Vectors/Refrain.Vectors.csproj", """<Project><ItemGroup><PackageReference Include="MessagePack" /></ItemGroup></Project>"""), "may not take the package MessagePack");

    [Fact]
    public void A_name_from_above_is_rejected() =>
        Complaints.Rejects(ProjectArrows.InSource(new("src/Refrain/Exact/Planted.cs", "using Refrain.Chat;")), "may not name Refrain.Chat");

    [Fact]
    public void A_name_from_beside_is_rejected() =>
        Complaints.Rejects(ProjectArrows.InSource(new("src/Refrain.Redis/Planted.cs", "class Planted { Refrain.Sqlite.SqliteStore? _store; }")), "may not name Refrain.Sqlite");

    [Fact]
    public void A_name_in_an_expression_is_rejected_too() =>
        Complaints.Rejects(ProjectArrows.InSource(new("src/Refrain.Chat/Planted.cs", "class Planted { object Open() => Refrain.Redis.RedisStore.ConnectAsync(); }")), "may not name Refrain.Redis");
}
