namespace Refrain.Benchmarks;

/// <summary>What is measured together under one name: <c>-- NAME [options]</c>. Add a file with the suite and a line to <see cref="Suites"/>.</summary>
internal interface ISuite
{
    /// <summary>The word on the command line; lower case.</summary>
    string Name { get; }

    /// <summary>One sentence for the list of suites.</summary>
    string Summary { get; }

    /// <summary>The options it knows beyond <c>--quick</c> and <c>--json FILE</c>, which the frame reads. An option that is not listed is refused.</summary>
    IReadOnlyList<SuiteOption> Options => [];

    /// <summary>Measures, and adds a row for each figure to <paramref name="run"/>.</summary>
    /// <returns>The exit code: 0, or 1 where a figure must hold and does not.</returns>
    Task<int> RunAsync(SuiteRun run, CancellationToken cancellation);
}
