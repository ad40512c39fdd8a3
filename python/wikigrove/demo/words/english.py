"""The Grove in English."""

from wikigrove.demo.language import Language, Topic

ENGLISH = Language(
    wiki_id="enwiki",
    code="en",
    pages=96,
    syllables="vel mo ra tin sha lo ka ri du na pel su en ga bo mi",
    namespaces=("Talk", "User", "File", "Template", "Category"),
    headings=("History", "Nature", "Nearby"),
    columns=("Season", "Visitors"),
    topics=(
        Topic(
            "{name} River",
            "Rivers of the Grove",
            (
                "The {name} is a river of the Grove that springs above {place} and is {number} miles long.",
                "The {name} is a slow, dark river that parts the meadows of {place} from the old forest.",
            ),
            (
                "Its water carries fine silt, which gardeners of {place} spread on their beds in spring.",
                "In dry summers the upper course sinks into limestone and rises again {number} steps below {other}.",
                "A ferry of two boats and one rope has crossed it since the year {year}.",
                "Otters, dippers and a small blind crayfish live between its stones.",
            ),
        ),
        Topic(
            "{name} tree",
            "Trees of the Grove",
            (
                "The {name} is a broad-leaved tree that grows on the northern slopes around {place}.",
                "The {name} is an evergreen tree whose bark peels off in {number} thin layers.",
            ),
            (
                "Its seeds are winged and ripen only after a cold night, so that late frosts help the young plants.",
                "The wood is light and rings clearly, which is why flute makers in {place} prefer it.",
                "A single trunk near {other} was measured at {number} spans around in the year {year}.",
                "Lichens on its branches are eaten by deer when snow lies deep.",
            ),
        ),
        Topic(
            "{name} bird",
            "Birds of the Grove",
            (
                "The {name} is a small bird of passage that nests under the roofs of {place}.",
                "The {name} is a grey bird with a red throat, known for singing before rain.",
            ),
            (
                "It lays {number} speckled eggs, and both parents feed the young with beetles and berries.",
                "Flocks gather near {other} in autumn and leave in one night.",
                "Its call of three falling notes was written down by a teacher from {place} in the year {year}.",
                "The feathers keep out water so well that the bird can fish in the rapids.",
            ),
        ),
        Topic(
            "{name}",
            "Towns of the Grove",
            (
                "{name} is a town of {number} houses on the road to {place}.",
                "{name} is a market town that was founded in the year {year} by settlers from {place}.",
            ),
            (
                "The council meets under a roof without walls, so that everybody can listen.",
                "Its mill grinds chestnuts for the whole valley, about {number} sacks a week.",
                "A bridge of nine arches leads to {other}.",
                "The town library lends tools as well as books, and asks for both back before winter.",
            ),
        ),
        Topic(
            "{name} Festival",
            "Festivals of the Grove",
            (
                "The {name} is a festival of lanterns that is held in {place} on the longest night.",
                "The {name} is a festival of seeds at which neighbours from {place} exchange what they have grown.",
            ),
            (
                "About {number} people come, most of them on foot, and everyone brings a cup.",
                "The first song is always sung without instruments and ends in silence.",
                "It was forbidden from the year {year} until the drought ended, and has grown ever since.",
                "Children walk backwards from the square to {other} to confuse the winter.",
            ),
        ),
    ),
    shared=(
        "The oldest mention is in a letter of the year {year}, which is kept in {place}.",
        "Maps of the Grove disagree about the spelling, and scholars have counted {number} forms of the name.",
        "A survey in the year {year} found little change compared with earlier records.",
        "Travellers who come from {other} usually stay for a night and leave with bread and honey.",
        "Since the great flood, volunteers have looked after it and publish a short report every year.",
        "What the name meant at first is not known; a tale from {place} explains it by a lost ring.",
    ),
)
