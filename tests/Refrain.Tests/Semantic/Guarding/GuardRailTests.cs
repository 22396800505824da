using CsCheck;

namespace Refrain.Tests;

public sealed class GuardRailTests
{
    private static readonly Gen<string> Prompts = Gen.OneOf(
        Gen.String[Gen.Char[' ', '~'], 0, 120],
        Gen.OneOf("how", "not", "5", "km", "from", "to", "Paris", "\"a b\"", "don't", "$3.50", "7:30", "pm", "2024-01-05", "C++", "more", "than", "foo_bar", "一", "two", "hundred", "-", "unpaid", ",", "?")
            .Array[0, 20].Select(words => string.Join(' ', words)),
        Gen.String[0, 60]);

    [Theory]
    [InlineData("How far is 5 km?", "How far is 5 miles?", Guards.Numbers)]
    [InlineData("List the last 5 orders", "List the last 7 orders", Guards.Numbers)]
    [InlineData("Book a table for two", "Book a table for three", Guards.Numbers)]
    [InlineData("Set it to twenty one degrees", "Set it to twenty two degrees", Guards.Numbers)]
    [InlineData("Is -5 a valid value?", "Is 5 a valid value?", Guards.Numbers)]
    [InlineData("How many minutes are left?", "How many hours are left?", Guards.Numbers)]
    [InlineData("What changed in version 2.1.0?", "What changed in version 2.1.1?", Guards.Numbers)]
    [InlineData("The first president of France", "The second president of France", Guards.Numbers)]
    [InlineData("Raise it by 10%", "Raise it by 10 dollars", Guards.Currency)]
    [InlineData("Transfer $5,000 now", "Transfer $500 now", Guards.Currency)]
    [InlineData("Transfer $500 now", "Transfer €500 now", Guards.Currency)]
    [InlineData("Send 20 euros to Ann", "Send 20 pounds to Ann", Guards.Currency)]
    [InlineData("Wake me at 7:30", "Wake me at 7:45", Guards.Dates)]
    [InlineData("Wake me at 7 am", "Wake me at 7 pm", Guards.Dates)]
    [InlineData("What is on tv on friday", "What is on tv on sunday", Guards.Dates)]
    [InlineData("What is on tv", "What is on tv on sunday", Guards.Dates)]
    [InlineData("Weather for tomorrow", "Weather for today", Guards.Dates)]
    [InlineData("Invoices of 2024-01-05", "Invoices of 2024-02-05", Guards.Dates)]
    [InlineData("rent a car for 3/4 through 3/8", "rent a car for 4/4 through 3/8", Guards.Dates)]
    [InlineData("alarms at 430am and 1030am", "alarms at 430pm and 1030am", Guards.Dates)]
    [InlineData("it is four thirty pm", "it is four thirty am", Guards.Dates)]
    [InlineData("declined yesterday and again today", "declined today and again today", Guards.Dates)]
    [InlineData("a party of two at two on table 3", "a party of three at two on table 3", Guards.Numbers)]
    [InlineData("My trip in may", "My trip in june", Guards.Dates)]
    [InlineData("what is today's schedule", "what is tomorrow's schedule", Guards.Dates)]
    [InlineData("a flight on april the 1st", "a flight on may the 1st", Guards.Dates)]
    [InlineData("2 weeks in Rome, then another 2 weeks and 2 days in Paris", "2 months in Rome, then another 2 weeks and 2 days in Paris", Guards.Numbers)]
    [InlineData("The parcel has arrived", "The parcel has yet to arrive", Guards.Negation)]
    [InlineData("It is large enough to fit", "It is too large to fit", Guards.Negation)]
    [InlineData("Why can I log in?", "Why can't I log in?", Guards.Negation)]
    [InlineData("Is it safe to eat?", "Is it not safe to eat?", Guards.Negation)]
    [InlineData("Which cards are eligible?", "Which cards are ineligible?", Guards.Negation)]
    [InlineData("How do I enable roaming?", "How do I disable roaming?", Guards.Negation)]
    [InlineData("Is this mushroom safe?", "Is this mushroom dangerous?", Guards.Negation)]
    [InlineData("flights with a stop", "flights without a stop", Guards.Negation)]
    [InlineData("flights from boston to denver", "flights from denver to boston", Guards.Direction)]
    [InlineData("convert dollars to euros", "convert euros to dollars", Guards.Direction)]
    [InlineData("Is Python faster than Java?", "Is Java faster than Python?", Guards.Direction)]
    [InlineData("row 2 of page 3", "row 3 of page 2", Guards.Direction)]
    [InlineData("Is 7 divisible by 21?", "Is 21 divisible by 7?", Guards.Direction)]
    [InlineData("convert base 16 to base 2", "convert base 2 to base 16", Guards.Direction)]
    [InlineData("turn the light on", "turn the light off", Guards.Direction)]
    [InlineData("the highest point", "the lowest point", Guards.Direction)]
    [InlineData("What is the rate on loan LN-5567?", "What is the rate on loan LN-5567A?", Guards.Identifiers)]
    [InlineData("What does parse_header do?", "What does parse_footer do?", Guards.Identifiers)]
    [InlineData("How do I learn C?", "How do I learn C++?", Guards.Identifiers)]
    [InlineData("How do I learn C#?", "How do I learn C++?", Guards.Identifiers)]
    [InlineData("What is at https://a.example/x?", "What is at https://a.example/y?", Guards.Identifiers)]
    [InlineData("Translate \"cat\"", "Translate \"bird\"", Guards.Quotes)]
    [InlineData("Translate “good bread”", "Translate “good wine”", Guards.Quotes)]
    [InlineData("What is the weather?", "какая сегодня погода", Guards.Script)]
    [InlineData("What is the capital of the country?", "Quelle est la capitale de la france et des alpes?", Guards.Script)]
    [InlineData("Say it in French", "Say it in German", Guards.Alternatives)]
    [InlineData("a red dress", "a blue dress", Guards.Alternatives)]
    public void A_near_text_that_asks_for_something_else_is_refused_by_name(string asked, string stored, Guards expected)
    {
        Assert.Equal(expected, Check(asked, stored));
        Assert.Equal(expected, Check(stored, asked));
    }

    [Theory]
    [InlineData("It costs 1,000 dollars", "It costs $1000")]
    [InlineData("Book a table for two", "Book a table for 2")]
    [InlineData("a loan of 1.5 million", "a loan of 1,500,000")]
    [InlineData("two hundred and five pages", "205 pages")]
    [InlineData("a 30-day trial", "a trial of 30 days")]
    [InlineData("Run 5 km", "Run five kilometres")]
    [InlineData("Wake me at 7 pm", "Wake me at 7:00 PM")]
    [InlineData("That is not correct", "That is incorrect")]
    [InlineData("I can't find my card", "I cannot find my card")]
    [InlineData("Why doesn't it work?", "Why does it not work?")]
    [InlineData("No, that is the wrong one", "That is the wrong one")]
    [InlineData("What is the status of wire WT-44219?", "Can you check wire #WT-44219?")]
    [InlineData("What is the capital of France?", "what's the capital of france")]
    [InlineData("flights from boston to denver", "flights to denver from boston")]
    [InlineData("Explain `with_format` please", "Explain with_format")]
    [InlineData("turn on the light", "please turn the light on")]
    [InlineData("It is too large to fit", "It does not fit")]
    [InlineData("A simple plan", "An uncomplicated plan")]
    [InlineData("If not passed, it is made. If not given, it is read.", "If not specified, it is made. If not passed, it is read.")]
    [InlineData("pass it to the parser/`load_all`", "pass it to the parser or `load_all`")]
    [InlineData("the Manning-WikiLeaks case", "the Manning WikiLeaks case")]
    [InlineData("", "")]
    public void A_text_that_says_the_same_is_let_through(string asked, string stored)
    {
        Assert.Equal(Guards.None, Check(asked, stored));
        Assert.Equal(Guards.None, Check(stored, asked));
    }

    // Lists of words are English: elsewhere the guards compare what needs no list, and must not stumble over the rest.
    [Theory]
    [InlineData("Wie kann ich meine PIN ändern?", "wie ändere ich meine PIN", Guards.None)]
    [InlineData("Die Karte ist noch nicht da, was soll ich tun?", "Was soll ich tun, die Karte ist noch nicht da", Guards.None)]
    [InlineData("Überweise 500 Euro an Anna", "Überweise 50 Euro an Anna", Guards.Currency)]
    [InlineData("Wecke mich um 7:30", "Wecke mich um 7:45", Guards.Dates)]
    [InlineData("¿Cuál es la capital de Francia?", "cual es la capital de francia", Guards.None)]
    [InlineData("No puedo entrar en mi cuenta", "no puedo entrar a mi cuenta", Guards.None)]
    [InlineData("Transfiere 500 € a Ana", "Transfiere 50 € a Ana", Guards.Currency)]
    [InlineData("Où est ma carte ?", "ma carte, où est-elle ?", Guards.None)]
    [InlineData("法国的首都是什么？", "法国的首都是哪里", Guards.None)]
    [InlineData("把500元转给安娜", "把5000元转给安娜", Guards.Numbers)]
    [InlineData("東京の天気は？", "東京の天気を教えて", Guards.None)]
    public void In_other_languages_numbers_and_money_are_compared_and_words_are_not(string asked, string stored, Guards expected) =>
        Assert.Equal(expected, TextGuards.Check(asked, stored));

    [Fact]
    public void A_much_longer_text_is_refused() =>
        Assert.Equal(Guards.Length, Check("Write a poem", "Write a poem about " + string.Concat(Enumerable.Repeat("the sea and ", 20))));

    [Theory]
    [InlineData("Set 5 alarms", "Set 6 alarms", Guards.Numbers)]
    [InlineData("Pay $5", "Pay $6", Guards.Currency)]
    [InlineData("Why can I log in?", "Why can't I log in?", Guards.Negation)]
    [InlineData("What is on tv on friday", "What is on tv on sunday", Guards.Dates)]
    [InlineData("a red dress", "a blue dress", Guards.Alternatives)]
    [InlineData("turn the light on", "turn the light off", Guards.Direction)]
    public void A_guard_that_is_switched_off_refuses_nothing(string asked, string stored, Guards guard) =>
        Assert.Equal(Guards.None, GuardRail.Check(GuardRail.Read(asked), GuardRail.Read(stored), Guards.Default & ~guard));

    [Fact]
    public void Names_are_told_apart_only_on_request()
    {
        const string asked = "What is on file for Maria Lopez?", stored = "What is on file for Maria Gomez?";
        Assert.Equal(Guards.None, Check(asked, stored));
        Assert.Equal(Guards.Names, GuardRail.Check(GuardRail.Read(asked), GuardRail.Read(stored), Guards.Default | Guards.Names));
    }

    [Fact]
    public void A_text_is_never_refused_against_itself() =>
        Prompts.Sample(text => Check(text, text) == Guards.None);

    [Fact]
    public void Who_asks_first_makes_no_difference() =>
        Gen.Select(Prompts, Prompts).Sample((a, b) => (Check(a, b) == Guards.None) == (Check(b, a) == Guards.None));

    [Fact]
    public void Case_and_white_space_at_the_ends_make_no_difference_to_ascii_words() =>
        Gen.OneOf("how", "not", "five", "days", "from", "to", "more", "unpaid", "friday").Array[0, 12].Select(words => string.Join(' ', words))
            .Sample(text => Check(text, "  " + text.ToUpperInvariant() + " ") == Guards.None);

    [Fact]
    public void Features_that_are_read_into_used_room_are_those_of_a_fresh_read()
    {
        var reused = new TextFeatures();
        Prompts.Sample(
            text =>
            {
                GuardRail.Read(text, reused);
                return Encoded(reused).AsSpan().SequenceEqual(Encoded(GuardRail.Read(text)));
            },
            threads: 1);
    }

    [Fact]
    public void Features_come_back_from_bytes_as_they_were() =>
        Prompts.Sample(text =>
        {
            TextFeatures features = GuardRail.Read(text);
            return Encoded(TextFeatures.Decode(Encoded(features))!).AsSpan().SequenceEqual(Encoded(features));
        });

    [Fact]
    public void Bytes_that_are_no_features_are_told_as_such()
    {
        Gen.Byte.Array[0, 64].Sample(bytes => TextFeatures.Decode(bytes) is not { } features || Encoded(features).AsSpan().SequenceEqual(bytes));
        byte[] cut = Encoded(GuardRail.Read("How far is 5 km?"))[..^1];
        Assert.Null(TextFeatures.Decode(cut));
    }

    [Fact]
    public void A_check_and_a_read_into_used_room_allocate_nothing()
    {
        const string asked = "Why is the transfer of $5,000 from my savings account to LN-5567 not here on friday?";
        TextFeatures stored = GuardRail.Read("Where is the transfer of $5,000 from my savings account to LN-5567?");
        var features = new TextFeatures();
        for (int i = 0; i < 3; i++) GuardRail.Read(asked, features);

        long before = GC.GetAllocatedBytesForCurrentThread();
        GuardRail.Read(asked, features);
        Guards refused = GuardRail.Check(features, stored, Guards.Default);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.NotEqual(Guards.None, refused);
    }

    private static Guards Check(string asked, string stored) => GuardRail.Check(GuardRail.Read(asked), GuardRail.Read(stored), Guards.Default);

    private static byte[] Encoded(TextFeatures features)
    {
        byte[] bytes = new byte[features.EncodedSize];
        features.Encode(bytes);
        return bytes;
    }
}
