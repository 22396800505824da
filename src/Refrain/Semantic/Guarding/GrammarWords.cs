namespace Refrain;

/// <summary>Words of grammar, negations, and words that only look negated.</summary>
internal static class GrammarWords
{
    private const string Functions = """
        a an the this that these those some any each every either
        i me my mine myself you your yours yourself he him his himself she her hers herself it its itself we us our ours ourselves
        they them their theirs themselves who whom whose which what when where why how whatever whenever wherever however
        am is are was were be been being do does did done doing have has had having will would shall should can could may might must
        i'm you're he's she's it's we're they're i've you've we've they've i'd you'd he'd she'd we'd they'd i'll you'll he'll she'll it'll we'll they'll
        that's what's where's who's how's when's why's there's here's let's whats hows wheres im ive id
        of to in into on off onto at by for with from about as than then and or but if so because while although though
        there here also just very really too quite please pls plz kindly hello hi hey thanks thank ok okay well
        get gets got getting go goes going went gone let lets tell tells want wants wanted wanna gonna need needs like would know
        s t d ll m re ve u ur r
        """;

    private const string Negations = """
        not no never yet unheard none nobody nothing nowhere neither nor cannot without
        don't doesn't didn't won't wouldn't can't couldn't shouldn't isn't aren't wasn't weren't haven't hasn't hadn't mustn't needn't mightn't ain't shan't
        dont doesnt didnt wont wouldnt cant couldnt shouldnt isnt arent wasnt werent havent hasnt hadnt mustnt aint
        hardly barely scarcely unable lack lacks lacked lacking fail fails failed failing refuse refuses refused refusing
        non absent absence except excluding incapable seldom rarely prevent prevents prevented preventing avoid avoids avoided avoiding
        reject rejects rejected rejecting deny denies denied denying forbid forbids forbidden ban bans banned banning
        prohibit prohibits prohibited prohibiting ignore ignores ignored ignoring refrain refrains refrained cease ceases ceased
        omit omits omitted omitting exclude excludes excluded bypass bypasses bypassed bypassing skip skips skipped skipping
        """;

    private const string Whole = """
        invoice invoices invoiced invoicing income incomes input inputs inside insider inform informs informed informing information informal inspire inspired
        install installs installed installing installer installation installment image images imagine imagined imaging imply implied important
        import imports imported importing improve improves improved improving improvement impress impressed impressive impact impacts impacted
        instance instances instant instantly instead institute institution instruct instruction instructions instrument
        index indexes indexed indexing indeed indicate indicated indicates intake interest interested interesting interests internal interval intend
        intent intense invest invests invested investing investment investor invite invited invitation inbound inch inches inner initial initially
        include includes included including increase increases increased increasing ingest insight insights insist inspect inspection insure insured insurance
        invent invented invention invoke invoked involve involved involves issue issues
        display displays displayed displaying discover discovers discovered discovery discount discounts discounted discuss discussed discussion disease
        distance distant dispute disputes disputed disputing distribute distributed distribution district dispatch dispatched dispense disk disks dish dishes
        discipline disaster display disposal dispose
        under understand understood unit units unite united union unique universe universal university until upon uncle uniform
        unpack unpacks unpacked unpacking unrest unlock unlocks unlocked unlocking undo unzip uncover uncovered
        none nonetheless mistake mistakes mist mister mission missing miss misses missed mischief
        irrigate iron ironic illustrate illustration illness image immediate immediately immigrant immigration immune immense
        unless wireless regardless nevertheless
        """;

    private static readonly (int Language, string Words)[] Foreign =
    [
        (1, "the is are what how why when where which does did and of with from this that can could would should have has you your my i'm it's to for in me be"),
        (2, "le la les des du une est sont quel quelle quels quelles comment pourquoi quand qui que dans pour avec sur mon ma mes votre vous nous je il elle cette ce ces et au aux où"),
        (3, "der die das ein eine einen einem ist sind wie warum wann wo wer welche welcher und oder mit von für auf nicht ich mein meine mir du wir sie es kann wird werden zu im den dem"),
        (4, "el los las una es son cómo qué cuál cuáles por para con mi mis tu su del al y quién dónde cuándo puedo está están como que en un"),
        (5, "il lo gli una è sono come perché quando dove quale quali chi che di per con mio mia nel nella della del posso sul alla"),
        (6, "o os as um uma é são como por para com meu minha qual quais quem onde quando não em no na do da dos das posso você"),
        (7, "de het een is zijn hoe waarom wanneer waar wie wat welke en of met van voor op niet ik mijn kan je wij naar"),
    ];

    internal static void AddTo()
    {
        foreach (string word in Lexicon.Split(Functions)) Lexicon.Add(word, WordTraits.Function);
        foreach (string word in Lexicon.Split(Negations)) Lexicon.Add(word, WordTraits.Function | WordTraits.Negation);
        foreach (string word in Lexicon.Split(Whole)) Lexicon.Add(word, WordTraits.Whole);
        foreach ((int language, string words) in Foreign)
        {
            foreach (string word in Lexicon.Split(words)) Lexicon.Add(word, WordTraits.None).Languages |= (byte)(1 << language);
        }
    }
}
