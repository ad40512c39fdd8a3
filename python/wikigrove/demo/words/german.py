"""The Grove in German."""

from wikigrove.demo.language import Language, Topic

GERMAN = Language(
    wiki_id="dewiki",
    code="de",
    pages=72,
    syllables="wel mo ra tin scha lo ka ri du na pel su en ga bo mi",
    namespaces=("Diskussion", "Benutzer", "Datei", "Vorlage", "Kategorie"),
    headings=("Geschichte", "Natur", "Umgebung"),
    columns=("Jahreszeit", "Gäste"),
    topics=(
        Topic(
            "{name} (Fluss)",
            "Fluss im Hain",
            (
                "Die {name} ist ein Fluss im Hain, der oberhalb von {place} entspringt und {number} Meilen lang ist.",
                "Die {name} ist ein langsamer, dunkler Fluss zwischen den Wiesen von {place} und dem alten Wald.",
            ),
            (
                "Ihr Wasser führt feinen Schlamm, den die Gärtner von {place} im Frühling auf die Beete streuen.",
                "In trockenen Sommern versickert der Oberlauf im Kalk und tritt {number} Schritte weiter wieder aus.",
                "Seit dem Jahr {year} fährt eine Fähre aus zwei Booten und einem Seil hinüber nach {other}.",
                "Zwischen den Steinen leben Otter, Wasseramseln und ein kleiner blinder Krebs.",
            ),
        ),
        Topic(
            "{name} (Baum)",
            "Baum im Hain",
            (
                "Die {name} ist ein Laubbaum, der an den Nordhängen um {place} wächst.",
                "Die {name} ist ein immergrüner Baum, dessen Rinde sich in {number} dünnen Schichten löst.",
            ),
            (
                "Die geflügelten Samen reifen erst nach einer kalten Nacht, sodass später Frost den Keimlingen hilft.",
                "Das Holz ist leicht und klingt hell, weshalb Flötenbauer in {place} es schätzen.",
                "Ein Stamm bei {other} hatte im Jahr {year} einen Umfang von {number} Spannen.",
                "Die Flechten an den Ästen werden bei hohem Schnee von Rehen gefressen.",
            ),
        ),
        Topic(
            "{name} (Vogel)",
            "Vogel im Hain",
            (
                "Der {name} ist ein kleiner Zugvogel, der unter den Dächern von {place} nistet.",
                "Der {name} ist ein grauer Vogel mit roter Kehle, der vor dem Regen singt.",
            ),
            (
                "Er legt {number} gesprenkelte Eier, und beide Eltern füttern die Jungen mit Käfern und Beeren.",
                "Im Herbst sammeln sich die Schwärme bei {other} und ziehen in einer einzigen Nacht fort.",
                "Seinen Ruf aus drei fallenden Tönen schrieb eine Lehrerin aus {place} im Jahr {year} auf.",
                "Sein Gefieder hält das Wasser so gut ab, dass er in den Stromschnellen fischen kann.",
            ),
        ),
        Topic(
            "{name}",
            "Ort im Hain",
            (
                "{name} ist ein Ort mit {number} Häusern an der Straße nach {place}.",
                "{name} ist ein Marktort, den Siedler aus {place} im Jahr {year} gründeten.",
            ),
            (
                "Der Rat tagt unter einem Dach ohne Wände, damit alle zuhören können.",
                "Die Mühle mahlt Kastanien für das ganze Tal, etwa {number} Säcke in der Woche.",
                "Eine Brücke mit neun Bögen führt nach {other}.",
                "Die Bücherei verleiht auch Werkzeug und möchte beides vor dem Winter zurück.",
            ),
        ),
        Topic(
            "{name} (Fest)",
            "Fest im Hain",
            (
                "Die {name} ist ein Lichterfest, das in {place} in der längsten Nacht gefeiert wird.",
                "Die {name} ist ein Fest, auf dem Nachbarn aus {place} ihr Saatgut tauschen.",
            ),
            (
                "Etwa {number} Menschen kommen, die meisten zu Fuß, und alle bringen einen Becher mit.",
                "Das erste Lied wird stets ohne Instrumente gesungen und endet in Stille.",
                "Vom Jahr {year} an war es verboten, bis die Dürre vorbei war; seither wächst es.",
                "Die Kinder gehen rückwärts vom Platz nach {other}, um den Winter zu verwirren.",
            ),
        ),
    ),
    shared=(
        "Die älteste Erwähnung steht in einem Brief aus dem Jahr {year}, der in {place} aufbewahrt wird.",
        "Über die Schreibweise sind sich die Karten uneins; Gelehrte zählten {number} Formen des Namens.",
        "Eine Erhebung im Jahr {year} fand kaum Veränderungen gegenüber früheren Aufzeichnungen.",
        "Reisende, die von {other} kommen, bleiben meist eine Nacht und gehen mit Brot und Honig.",
        "Seit der großen Flut kümmern sich Freiwillige darum und legen jedes Jahr einen kurzen Bericht vor.",
        "Was der Name bedeutete, ist unbekannt; eine Sage aus {place} erklärt ihn mit einem verlorenen Ring.",
    ),
)
