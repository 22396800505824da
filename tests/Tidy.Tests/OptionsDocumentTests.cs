namespace Tidy.Tests;

public sealed class OptionsDocumentTests
{
    [Fact]
    public void The_document_of_the_options_is_the_one_that_the_sources_make() => MadeDocument.Compare(OptionsDocument.Path, OptionsDocument.Write(House.ProductSources));

    [Fact]
    public void It_holds_type_default_and_meaning()
    {
        string made = OptionsDocument.Write([new("src/Refrain/PlantedOptions.cs", """
            namespace Refrain;

            /// <summary>Planted.</summary>
            public sealed class PlantedOptions
            {
                /// <summary>How long; see <see cref="Nothing"/> or <c>nowhere</c>.</summary>
                public TimeSpan Length { get; set; } = TimeSpan.FromDays(1);

                /// <summary>Not settable.</summary>
                public int Nothing => 0;
            }
            """)]);
        Assert.Contains("| `Length` | `TimeSpan` | `TimeSpan.FromDays(1)` | How long; see `Nothing` or `nowhere`. |", made, StringComparison.Ordinal);
        Assert.DoesNotContain("| `Nothing` |", made, StringComparison.Ordinal);
    }
}
