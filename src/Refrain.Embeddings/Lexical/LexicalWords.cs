using System.Collections.Frozen;

namespace Refrain.Embeddings;

/// <summary>The words of grammar and of politeness, what contractions stand for, and phrases that ask for nothing. English; other languages have content words only.</summary>
internal static class LexicalWords
{
    private const string Functions = """
        a an the this that these those some any such
        i me we us you it he him she they them one
        am is are be been being do does doing can could may might must shall should would have has having
        of to in into onto at by for about as than then and or but if so because while though
        there here also just really too quite
        that
        """;

    private const string Fillers = """
        please pls plz kindly um uh hmm so
        s t d ll m re ve
        """;

    private const string Greetings = "hello hi hey hiya thanks thank thx ok okay well oh sir madam mate buddy dear";

    // A sentence that begins with one of these and goes on with one of those states something.
    private const string Subjects = "i my mine we our you your he his she her they their it its the a an this that these those there some any all every";
    private const string Auxiliaries = "am is are was were be been do does did have has had can could will would shall should may might must not cannot never";

    // At the end of a text they belong to its verb: "what can I exchange for", "it is not there".
    private const string Particles = "of to in into onto at by for about as there here than";

    private const string Questions = "who whom whose when where why how what which";

    // Pasts and futures are told apart from the present, but not from each other's forms.
    private const string Pasts = "was were did had";
    private const string Futures = "will won gonna";
    private const string Negations = "not no never without cannot nor neither none";

    // Each line: how it is written, then what it stands for.
    private const string Contractions = """
        whats what is
        whos who is
        wheres where is
        whens when is
        whys why is
        hows how is
        thats that is
        theres there is
        its it is
        im i am
        ive i have
        id i would
        youre you are
        theyre they are
        lets let us
        dont do not
        doesnt does not
        didnt did not
        isnt is not
        arent are not
        wasnt was not
        werent were not
        cant can not
        couldnt could not
        wont will not
        wouldnt would not
        shouldnt should not
        havent have not
        hasnt has not
        hadnt had not
        aint is not
        cannot can not
        wanna want to
        gonna will
        gotta have to
        u you
        ur your
        r are
        gimme give me
        lemme let me
        tv television
        tvs television
        photo photograph
        photos photograph
        favourite favorite
        colour color
        colours color
        centre center
        cheque check
        cheques check
        grey gray
        zero 0
        two 2
        three 3
        four 4
        five 5
        six 6
        seven 7
        eight 8
        nine 9
        ten 10
        eleven 11
        twelve 12
        fifteen 15
        twenty 20
        thirty 30
        forty 40
        fifty 50
        hundred 100
        thousand 1000
        """;

    // What may stand around a question without changing it.
    private const string Phrases = """
        can you tell me
        can you please tell me
        could you tell me
        could you please tell me
        would you tell me
        will you tell me
        can you let me know
        could you let me know
        please let me know
        let me know
        can you explain to me
        can you explain
        could you explain
        can you show me
        could you show me
        can you give me
        could you give me
        can you help me
        could you help me
        can you
        could you
        would you
        will you
        do you know
        do you happen to know
        do you think you can
        i want to know
        i wanna know
        i want you to
        i need you to
        i would like you to
        i would like to know
        i would love to know
        i need to know
        i have to know
        i am wondering
        i was wondering
        i wonder
        i am curious
        i am trying to find out
        i want to find out
        would you mind telling me
        do you mind telling me
        is it possible to tell me
        what is
        what are
        tell me what is
        tell me
        show me
        give me
        help me
        just wondering
        excuse me
        good morning
        good afternoon
        good evening
        if you can
        if you could
        if you do not mind
        if possible
        for me
        by any chance
        by chance
        thank you
        thanks in advance
        thank you in advance
        thanks a lot
        i have a question
        quick question
        right now
        """;

    private static readonly FrozenDictionary<ulong, WordRole> Roles = ReadRoles();

    /// <summary>Marks for classes of words that count as one word.</summary>
    internal static readonly ulong Negation = LexicalHash.Of("\u0001not");

    internal static readonly ulong Past = LexicalHash.Of("\u0001past");

    internal static readonly ulong Future = LexicalHash.Of("\u0001future");

    /// <summary>Marks a text that states something.</summary>
    internal static readonly ulong Statement = LexicalHash.Of("\u0001statement");

    /// <summary>Words by themselves.</summary>
    internal static readonly ulong Could = LexicalHash.Of("could");

    internal static readonly ulong Did = LexicalHash.Of("did");

    private static readonly FrozenSet<ulong> SubjectSet = ReadSet(Subjects);
    private static readonly FrozenSet<ulong> AuxiliarySet = ReadSet(Auxiliaries);
    private static readonly FrozenSet<ulong> ParticleSet = ReadSet(Particles);

    private static readonly FrozenDictionary<ulong, ulong> Classes = ReadClasses();

    private static readonly FrozenDictionary<ulong, string[]> Expansions = Split(Contractions).Select(line => line.Split(' '))
        .ToFrozenDictionary(words => LexicalHash.Of(words[0]), words => words[1..]);

    private static readonly FrozenDictionary<ulong, ulong[][]> PhrasesByFirst = Split(Phrases)
        .Select(line => Array.ConvertAll(line.Split(' '), word => LexicalHash.Of(word)))
        .GroupBy(words => words[0])
        .ToFrozenDictionary(group => group.Key, group => group.OrderByDescending(words => words.Length).ToArray());

    internal static WordRole RoleOf(ulong word) => Roles.GetValueOrDefault(word, WordRole.Content);

    internal static bool IsSubject(ulong word) => SubjectSet.Contains(word);

    internal static bool IsAuxiliary(ulong word) => AuxiliarySet.Contains(word);

    internal static bool IsParticle(ulong word) => ParticleSet.Contains(word);

    /// <summary>The class whose members count as one word, or 0.</summary>
    internal static ulong ClassOf(ulong word) => Classes.GetValueOrDefault(word);

    /// <summary>What a contraction or variant stands for, or null.</summary>
    internal static string[]? ExpansionOf(ulong word) => Expansions.GetValueOrDefault(word);

    /// <summary>Length of the longest phrase of padding that begins the tokens; 0 for none.</summary>
    internal static int PhraseLength(ReadOnlySpan<LexicalToken> tokens)
    {
        if (!PhrasesByFirst.TryGetValue(tokens[0].Word, out ulong[][]? phrases)) return 0;
        foreach (ulong[] phrase in phrases)
        {
            if (phrase.Length > tokens.Length) continue;
            int i = 1;
            while (i < phrase.Length && tokens[i].Word == phrase[i]) i++;
            if (i == phrase.Length) return i;
        }

        return 0;
    }

    private static FrozenSet<ulong> ReadSet(string words) => words.Split(' ').Select(word => LexicalHash.Of(word)).ToFrozenSet();

    private static string[] Split(string lines) => lines.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static FrozenDictionary<ulong, WordRole> ReadRoles()
    {
        var roles = new Dictionary<ulong, WordRole>();
        Add(Functions, WordRole.Function);
        Add(Fillers, WordRole.Filler);
        Add(Greetings, WordRole.Greeting);
        Add(Questions, WordRole.Question);
        return roles.ToFrozenDictionary();

        void Add(string words, WordRole role)
        {
            foreach (string word in words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)) roles[LexicalHash.Of(word)] = role;
        }
    }

    private static FrozenDictionary<ulong, ulong> ReadClasses()
    {
        var classes = new Dictionary<ulong, ulong>();
        Add(Negations, Negation);
        Add(Pasts, Past);
        Add(Futures, Future);
        return classes.ToFrozenDictionary();

        void Add(string words, ulong mark)
        {
            foreach (string word in words.Split(' ')) classes[LexicalHash.Of(word)] = mark;
        }
    }
}
