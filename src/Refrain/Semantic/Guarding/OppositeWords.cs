namespace Refrain;

/// <summary>Pairs of opposites. A text on one side and a text on the other side are not the same question.</summary>
internal static class OppositeWords
{
    // One pair a line, synonyms together; "+" marks sides whose words also take -s, -ed and -ing.
    private const string Opposites = """
        good great excellent nice pleasant wonderful | bad evil terrible awful poor nasty unpleasant horrible foul
        best finest | worst
        right correct accurate | wrong incorrect false erroneous mistaken
        true | untrue
        possible | impossible
        easy simple effortless straightforward | difficult hard tough complicated
        safe secure | dangerous unsafe risky hazardous
        happy glad cheerful joyful euphoric | sad unhappy miserable
        rich wealthy | poor needy
        strong | weak
        hot warm | cold cool chilly
        wet | dry
        clean | dirty unclean
        full | empty
        open | closed shut
        alive living | dead
        awake | asleep
        new | old used
        young | elderly aged
        early | late
        fast quick rapid | slow sluggish
        cheap inexpensive affordable | expensive costly
        heavy | lightweight
        thick | thin
        wide broad | narrow
        deep | shallow
        tall | short
        loud noisy | quiet silent
        bright | dark dim
        soft | tough
        smooth | rough
        sharp | blunt dull
        public | private
        male | female
        man men boy boys husband father son brother uncle king | woman women girl girls wife mother daughter sister aunt queen
        allowed permitted legal lawful | forbidden prohibited banned illegal unlawful disallowed
        guilty | innocent
        fair | unfair foul
        same identical equal alike | different unlike unequal other
        stupid foolish dumb | intelligent smart clever
        familiar | unfamiliar unknown
        common frequent typically | rare uncommon infrequent infrequently
        popular famous | unpopular obscure
        stable | unstable volatile
        favorable favourable | unfavorable unfavourable
        legal | illegal
        employed | unemployed
        complete | incomplete partial
        simple | complex complicated
        approximate approximately | exact exactly precise precisely
        urban | rural
        modern contemporary | ancient
        native | foreign
        separate separately individually | joint jointly together collectively
        abundant plentiful abundance surplus | scarce scarcity shortage deficit
        interesting exciting | boring dull
        curved round | straight square
        sweet | sour bitter
        beautiful pretty attractive | ugly repulsive
        generous | stingy
        honest | dishonest
        patient | impatient
        innocent | guilty
        empty | crowded full
        light | heavy
        light | dark
        raw uncooked | cooked
        fresh | stale rotten
        internal | external
        local | remote global
        manual manually | automatic automatically automated
        static | dynamic
        synchronous | asynchronous
        mutable | immutable
        valid | invalid
        true | false
        even | odd
        plus | minus
        odd | normal
        quickly | slowly
        win victory | defeat
        healthy well | sick ill unwell unhealthy
        married | single unmarried divorced
        available | unavailable
        active | inactive
        positive | negative
        major | minor
        permanent | temporary
        domestic | international foreign
        online | offline
        voluntary | mandatory compulsory
        optional | required mandatory obligatory compulsory
        real actual genuine | fake imaginary unreal
        always | never
        all every everyone everybody everything | none nobody nothing
        friend friends | enemy enemies
        profit profits gain gains | loss losses
        success succeed | failure collapse
        debit | credit
        asset assets | liability liabilities
        wholesale | retail
        inbound incoming | outbound outgoing
        vegetarian vegan | meat
        explicit explicitly | implicit implicitly
        abstract | concrete
        objective objectively | subjective subjectively
        qualitative | quantitative
        primary | secondary
        formal | informal
        verbose lengthy | concise terse brief
        liquid | solid
        concave | convex
        convergent | divergent
        acute | chronic
        benign harmless | malignant harmful
        acidic acid | alkaline
        sunny | cloudy rainy
        ally allies | enemy enemies
        war | peace
        birth | death
        wealth | poverty
        strength strengths | weakness weaknesses
        supply | demand
        question questions | answer answers
        landlord landlords | tenant tenants
        creditor creditors | debtor debtors
        plaintiff | defendant
        guest guests | host hosts
        master | servant slave
        hero | villain
        optimist optimistic optimism | pessimist pessimistic pessimism
        introvert introverted | extrovert extroverted
        bullish | bearish
        inflation | deflation
        hardware | software
        client | server
        frontend | backend
        numerator | denominator
        latitude | longitude
        prefix | suffix
        vowel vowels | consonant consonants
        row rows | column columns
        compile compiled | interpreted
        preservation conservation | destruction
        excess overdose | deficiency
        smoking | nonsmoking
        pro pros advantage advantages benefit benefits | con cons disadvantage disadvantages drawback drawbacks
        cause causes | effect effects consequence consequences
        friendly | hostile
        brave | cowardly
        polite | rude
        serious | playful funny silly
        natural | artificial
        normal usual typical regular | abnormal unusual paranormal strange
        certain sure | uncertain unsure doubtful
        calm | nervous
        confident | shy
        important crucial significant | unimportant trivial
        useful | useless
        start begin launch activate resume + | stop halt quit pause deactivate end cease finish +
        buy purchase + bought | sell + sold
        lend + lent | borrow +
        open + | close shut + closing
        add insert append include attach + | remove delete erase exclude omit detach +
        create make build + | destroy demolish +
        send + sent | receive + received
        deposit + | withdraw withdrawal + withdrew withdrawn
        upload + | download +
        import + | export +
        lock + | unlock +
        login signin logon | logout signout logoff
        encrypt + | decrypt +
        encode + | decode +
        compress zip + | decompress unzip +
        install + | uninstall +
        connect join + | disconnect +
        load + | unload +
        freeze block + frozen | unfreeze unblock +
        mute + | unmute +
        like love + | dislike hate +
        win + won | lose + lost losing
        save + | spend + spent
        earn + | spend + spent
        arrive + arrival | depart leave + departure left
        enable allow permit authorize authorise + | disable block +
        accept approve + | decline +
        find + found present | lose + lost losing missing absent nonexistent
        improve + | worsen deteriorate +
        establish found + | abolish dissolve +
        praise appreciate recommend + | criticize criticise condemn +
        promote encourage + | discourage demote +
        maintain preserve keep + kept | abandon +
        gather collect assemble + | scatter disperse disassemble +
        widen + | narrow +
        strengthen + | weaken +
        tighten + | loosen +
        fill + | empty +
        heat warm + | cool +
        speed accelerate + | slow decelerate +
        double + | halve +
        expand + | contract collapse +
        rise + | sink fall +
        wake + woke | sleep +
        include contain involve + | exclude omit +
        link attach + | unlink detach +
        follow subscribe + | unfollow unsubscribe +
        check + | uncheck +
        hire + | fire +
        enter + | exit leave + left
        increase raise rise grow expand boost gain + rose grew | decrease reduce lower drop fall shrink decline lose + fell
        support + | oppose opposed opposition +
        agree + | disagree conflict +
        ascend climb + | descend +
        advance + | retreat +
        reward + | punish +
        simplify + | complicate +
        pass + | fail +
        regain recover + | lose + lost
        inflate + | deflate +
        maximize maximise + | minimize minimise +
        raise + | lower +
        mount + | unmount dismount +
        pack + | unpack +
        fold + | unfold +
        plug + | unplug +
        dress + | undress +
        cover + | uncover +
        register enroll enrol + | deregister unregister +
        hit + | miss +
        confirm + | cancel +
        push + | pull +
        remember + | forget + forgot forgotten
        show + shown | hide + hidden
        attack + | defend +
        marry + | divorce +
        hire employ + | fire dismiss +
        live + | die + died dying
        laugh + | cry + cried
        trust + | distrust mistrust +
        continue + | discontinue +
        inhale + | exhale +
        merge combine + | split separate divide +
        multiply + | divide +
        subtract + | add +
        attract + | repel +
        """;

    private const string Directions = """
        more | less fewer
        most | least
        many much | few little
        greater bigger larger above over exceeding | smaller lesser below under beneath
        higher | lower
        highest maximum maximal max largest biggest greatest upper top | lowest minimum minimal min smallest least bottom
        longer | shorter
        longest tallest | shortest
        older | younger newer
        oldest | youngest newest
        faster quicker | slower
        fastest quickest | slowest
        better | worse
        earlier sooner | later
        earliest | latest
        hotter warmer | colder cooler
        hottest warmest | coldest coolest
        cheaper | pricier dearer
        cheapest | priciest
        nearer closer | farther further
        nearest closest | farthest furthest
        heavier | lighter
        stronger | weaker
        easier simpler | harder
        before until | after since
        first | last final
        next following upcoming | previous last prior past
        up upward upwards uphill | down downward downwards downhill
        on | off
        left leftmost | right rightmost
        north northern | south southern
        east eastern | west western
        inside within indoors | outside outdoors
        front | back rear
        forward forwards | backward backwards
        ascending | descending
        horizontal horizontally | vertical vertically
        clockwise | counterclockwise anticlockwise
        upstairs | downstairs
        beginning | ending
        begin beginning | end ending
        minuend | subtrahend
        dividend | divisor
        old | young
        sunrise dawn | sunset dusk
        majority | minority
        source origin | destination
        ancestor parent parents | descendant child children
        sender payer | recipient payee receiver
        buyer | seller
        predecessor | successor
        entrance | exit
        ceiling | floor
        lender | borrower
        employer | employee
        teacher | student
        input | output
        """;

    internal static void AddTo()
    {
        ushort pair = 0;
        foreach (string line in Directions.Split('\n')) AddLine(line, ++pair, isDirection: true);
        foreach (string line in Opposites.Split('\n')) AddLine(line, ++pair, isDirection: false);
    }

    private static void AddLine(string line, ushort pair, bool isDirection)
    {
        string[] sides = line.Split('|');
        AddSide(sides[0], new WordSide(pair, IsOpposite: false, isDirection));
        AddSide(sides[1], new WordSide(pair, IsOpposite: true, isDirection));
    }

    private static void AddSide(string words, WordSide side)
    {
        int plus = words.IndexOf('+', StringComparison.Ordinal);
        string inflected = plus < 0 ? "" : words[..plus];
        string plain = plus < 0 ? words : words[(plus + 1)..];
        foreach (string word in Lexicon.Split(inflected))
        {
            foreach (string form in Lexicon.FormsOf(word)) AddWord(form, side);
        }

        foreach (string word in Lexicon.Split(plain)) AddWord(word, side);
    }

    // A word stands in two pairs at most: the first that name it.
    private static void AddWord(string word, WordSide side)
    {
        ref WordEntry entry = ref Lexicon.Add(word, WordTraits.Polar);
        if (entry.First.Pair == 0) entry.First = side;
        else if (entry.Second.Pair == 0 && entry.First.Pair != side.Pair) entry.Second = side;
    }
}
