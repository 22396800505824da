namespace Refrain;

/// <summary>How the end of an answer is put off while it is served.</summary>
/// <param name="IdleTicks">How long it lasts without being served.</param>
/// <param name="FreshTicks">Until when it is fresh at the most.</param>
/// <param name="EndTicks">When it ends at the latest.</param>
internal sealed record SlidingTerm(long IdleTicks, long FreshTicks, long EndTicks)
{
    /// <summary>Every renewal is a write: one is due when so large a share of the time has gone, and no sooner.</summary>
    internal const int RenewalsATerm = 8;

    internal bool IsDue(long expiresTicks, long nowTicks) => expiresTicks < EndTicks && expiresTicks - nowTicks < IdleTicks - (IdleTicks / RenewalsATerm);

    internal long EndFrom(long nowTicks) => EndTicks - nowTicks < IdleTicks ? EndTicks : nowTicks + IdleTicks;
}
