namespace Refrain;

/// <summary>Money that several processes draw from: each spends only what it has drawn, so all together never spend more than there is.</summary>
public interface IBudgetLedger
{
    /// <summary>Takes an amount for this process, if that much is left; all of it or nothing, in one step.</summary>
    /// <param name="window">What the amount counts against: each window has the whole limit to itself. Empty: the one that never ends, else such as "2026-11-23".</param>
    /// <param name="amount">From 0, in the currency of the prices in use.</param>
    /// <param name="cancellationToken">Ends the waiting; the amount may then have been drawn, and may not be spent.</param>
    /// <returns>False if less is left.</returns>
    /// <remarks>It may throw where the ledger cannot be reached: then nothing may be spent either.</remarks>
    ValueTask<bool> TryDrawAsync(string window, decimal amount, CancellationToken cancellationToken = default);

    /// <summary>Gives back what was drawn and not spent.</summary>
    /// <param name="window">Where it was drawn.</param>
    /// <param name="amount">From 0, and no more than was drawn.</param>
    /// <param name="cancellationToken">Ends the waiting; the amount may then have been given back, so it is not to be tried again.</param>
    ValueTask GiveBackAsync(string window, decimal amount, CancellationToken cancellationToken = default);
}
