namespace Refrain;

/// <summary>
/// Closed classes, of which a question is about one member: where one text names a member and the other names a different one instead, they
/// ask for different things.
/// </summary>
internal static class AlternativeWords
{
    // One class a line, members separated by commas, synonyms within a member by spaces.
    private const string Families = """
        red, orange, yellow, green, blue, purple violet, pink, brown, black, white, grey gray, golden gold, silver
        english, french, german, spanish, italian, portuguese, dutch, russian, chinese mandarin, cantonese, japanese, korean, arabic, hindi, turkish, polish, swedish, greek, hebrew, latin, ukrainian, vietnamese, thai
        python, java, javascript js, typescript ts, rust, golang, kotlin, swift, ruby, php, perl, scala, haskell, fortran, matlab, julia, lua, bash, powershell
        windows, linux, macos mac osx, android, ios, ubuntu, debian, chromeos
        mysql, postgresql postgres, sqlite, oracle, mongodb, redis, mariadb, cassandra
        chrome, firefox, safari, edge, opera
        json, xml, yaml, csv, html, markdown, pdf, docx
        checking current, savings, mortgage, brokerage, retirement
        basic, premium, business, student, gold, platinum, standard, enterprise
        visa, mastercard, amex, discover, paypal, zelle, venmo
        breakfast, lunch, dinner supper, brunch, dessert
        dog dogs puppy, cat cats kitten, horse horses, cow cows, pig pigs, sheep, goat goats, chicken chickens, duck ducks, fish, bird birds, rabbit rabbits, snake snakes
        beef, pork, chicken, lamb, turkey, salmon, tuna, shrimp
        coffee, tea, beer, wine, milk, juice, whiskey, vodka
        apple apples, banana bananas, orange oranges, lemon lemons, grape grapes, strawberry strawberries, mango mangoes, pear pears
        mercury, venus, mars, jupiter, saturn, uranus, neptune, pluto
        guitar, piano, violin, drum drums, flute, trumpet, cello, saxophone, keyboard
        soccer, football, basketball, baseball, tennis, golf, hockey, cricket, volleyball, rugby
        car cars, bus buses, train trains, plane planes airplane, bike bikes bicycle, motorcycle motorcycles, boat boats, truck trucks
        small, medium, large
        daily, weekly, biweekly, monthly, quarterly, yearly annual annually, hourly
        email emails, sms, fax
        singular, plural
        all every everyone everybody everything, most, many several numerous, some, few
        always, usually often frequently, sometimes occasionally, seldom rarely
        also, only solely exclusively
        noun, verb, adjective, adverb
        kitchen, bedroom, bathroom, garage, basement, attic
        """;

    internal static void AddTo()
    {
        int family = 0;
        ushort member = 0;
        foreach (string line in Families.Split('\n'))
        {
            family++;
            foreach (string synonyms in line.Split(','))
            {
                member++;
                foreach (string word in Lexicon.Split(synonyms)) Add(word, family, member);
            }
        }
    }

    // A word stands in one class only: the first that names it.
    private static void Add(string word, int family, ushort member)
    {
        ref WordEntry entry = ref Lexicon.Add(word, WordTraits.Alternative);
        if (entry.Family != 0) return;
        entry.Family = (byte)family;
        entry.Member = member;
    }
}
