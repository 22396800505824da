namespace Refrain;

/// <summary>Months, weekdays, and words of time that are often left out.</summary>
internal static class TimeWords
{
    private const string Months = """
        january
        february feb
        | march
        april apr
        | may
        june
        july
        august aug
        september sept
        october oct
        november nov
        december
        """;

    private const string Weekdays = """
        monday mondays
        tuesday tuesdays tues
        wednesday wednesdays
        thursday thursdays thurs
        friday fridays
        saturday saturdays
        sunday sundays
        """;

    // Words of one line exclude those of the other lines.
    private const string Loose = """
        today todays nowadays
        tomorrow tomorrows
        yesterday yesterdays
        tonight
        morning mornings
        afternoon afternoons
        evening evenings
        midnight
        noon midday
        weekend weekends
        summer
        winter
        autumn
        christmas xmas
        easter
        halloween
        thanksgiving
        """;

    internal static void AddTo()
    {
        AddLines(Months, 1, WordTraits.Date);
        AddLines(Weekdays, 21, WordTraits.Date);
        AddLines(Loose, 41, WordTraits.LooseDate);
        Lexicon.Add("am", WordTraits.Meridiem).Number = 0;
        Lexicon.Add("pm", WordTraits.Meridiem).Number = 12;
    }

    private static void AddLines(string lines, int first, WordTraits trait)
    {
        foreach (string line in lines.Split('\n'))
        {
            string[] sides = line.Split('|');
            foreach (string word in Lexicon.Split(sides[0]))
            {
                Lexicon.Add(word, trait).Date = (byte)first;
                Lexicon.Add(word + "'s", trait).Date = (byte)first;
            }

            if (sides.Length > 1)
            {
                foreach (string word in Lexicon.Split(sides[1])) Lexicon.Add(word, WordTraits.AmbiguousDate).Date = (byte)first;
            }

            first++;
        }
    }
}
