namespace Refrain;

/// <summary>Number words, units of measure, currencies.</summary>
internal static class NumberWords
{
    /// <summary>Units from here on are currencies.</summary>
    internal const byte FirstCurrency = 96;

    internal const byte Percent = 95;

    private static readonly string[] Small =
    [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen",
        "seventeen", "eighteen", "nineteen",
    ];

    private static readonly string[] Tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

    private static readonly string[] Ordinals =
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth"];

    private static readonly (string Words, double Value)[] Magnitudes =
        [("hundred hundreds", 100), ("thousand thousands k", 1e3), ("lakh", 1e5), ("million millions mn mln mio", 1e6), ("billion billions bn bln", 1e9), ("trillion trillions tn trn", 1e12)];

    // One unit a line. Words after the bar count as units only directly after a number.
    private const string Units = """
        second seconds sec secs | s
        millisecond milliseconds msec | ms
        microsecond microseconds | us µs
        nanosecond nanoseconds | ns
        minute minutes min mins
        hour hours hr hrs | h
        day days
        night nights
        week weeks wk wks
        fortnight fortnights
        month months
        year years yr yrs
        decade decades
        century centuries
        meter meters metre metres | m
        kilometer kilometers kilometre kilometres km kms
        centimeter centimeters centimetre centimetres cm
        millimeter millimeters millimetre millimetres mm
        mile miles | mi
        yard yards | yd
        foot feet ft
        inch inches | in
        acre acres
        hectare hectares
        gram grams gramme grammes | g
        kilogram kilograms kilo kilos kg kgs
        milligram milligrams mg
        ounce ounces oz
        lb lbs
        ton tons tonne tonnes
        stone stones
        liter liters litre litres | l
        milliliter milliliters millilitre millilitres ml
        gallon gallons gal
        quart quarts qt
        pint pints
        cup cups
        tablespoon tablespoons tbsp
        teaspoon teaspoons tsp
        mph
        kph kmh
        knot knots
        celsius centigrade | c
        fahrenheit | f
        kelvin
        watt watts | w
        kilowatt kilowatts kw
        kwh
        volt volts | v
        amp amps ampere amperes
        hertz hz
        khz
        mhz
        ghz
        bit bits
        byte bytes | b
        kilobyte kilobytes kb kib
        megabyte megabytes mb mib
        gigabyte gigabytes gb gib
        terabyte terabytes tb tib
        calorie calories kcal
        joule joules
        pixel pixels px
        degree degrees
        rpm
        psi
        mbps
        gbps
        """;

    private const string Currencies = """
        dollar dollars usd buck bucks us$
        euro euros eur
        sterling gbp quid
        yen jpy
        yuan renminbi cny rmb
        rupee rupees inr
        franc francs chf
        ruble rubles rouble roubles rub
        won krw
        peso pesos mxn
        real reais brl
        krona kronor sek
        krone kroner nok dkk
        zloty pln
        lira try
        dirham dirhams aed
        rand zar
        aud
        cad
        nzd
        hkd
        sgd
        cent cents
        pence penny pennies
        bitcoin bitcoins btc
        ether ethereum eth
        """;

    internal static void AddTo()
    {
        for (int i = 0; i < Small.Length; i++) Add(Small[i], WordTraits.Number, i);
        for (int i = 0; i < Tens.Length; i++) Add(Tens[i], WordTraits.Number, 20 + (10 * i));
        for (int i = 0; i < Ordinals.Length; i++) Add(Ordinals[i], WordTraits.Number, i + 1);
        foreach (string word in new[] { "one", "first", "second", "zero" }) Lexicon.Add(word, WordTraits.LooseNumber);
        foreach ((string words, double value) in Magnitudes)
        {
            foreach (string word in Lexicon.Split(words)) Add(word, WordTraits.Magnitude, value);
        }

        int unit = 0;
        foreach (string line in Units.Split('\n'))
        {
            unit++;
            string[] sides = line.Split('|');
            foreach (string word in Lexicon.Split(sides[0])) Lexicon.Add(word, WordTraits.Unit).Unit = (byte)unit;
            if (sides.Length == 1) continue;
            foreach (string word in Lexicon.Split(sides[1])) Lexicon.Add(word, WordTraits.ShortUnit).Unit = (byte)unit;
        }

        if (unit >= Percent) throw new InvalidOperationException("Units and currencies overlap.");
        foreach (string word in new[] { "percent", "percentage", "pct" }) Lexicon.Add(word, WordTraits.Unit).Unit = Percent;
        unit = FirstCurrency;
        foreach (string line in Currencies.Split('\n'))
        {
            foreach (string word in Lexicon.Split(line)) Lexicon.Add(word, WordTraits.Unit | WordTraits.Currency).Unit = (byte)unit;
            unit++;
        }

        // Weight or money: taken for a unit of its own, equal to neither.
        foreach (string word in new[] { "pound", "pounds" }) Lexicon.Add(word, WordTraits.Unit | WordTraits.Currency).Unit = (byte)unit;
    }

    /// <summary>The unit of a currency sign, 0 for any other character.</summary>
    internal static byte CurrencyOf(char sign) => sign switch
    {
        '$' => Lexicon.Find(WordHash.Of("dollar")).Unit,
        '€' => Lexicon.Find(WordHash.Of("euro")).Unit,
        '£' => Lexicon.Find(WordHash.Of("pound")).Unit,
        '¥' => Lexicon.Find(WordHash.Of("yen")).Unit,
        '₹' => Lexicon.Find(WordHash.Of("rupee")).Unit,
        '₽' => Lexicon.Find(WordHash.Of("ruble")).Unit,
        '₩' => Lexicon.Find(WordHash.Of("won")).Unit,
        _ => 0,
    };

    private static void Add(string word, WordTraits trait, double value) => Lexicon.Add(word, trait).Number = value;
}
