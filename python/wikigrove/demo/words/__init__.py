"""The invented encyclopaedia of the Grove in nine languages. All sentences were written for this package."""

from wikigrove.demo.words.arabic import ARABIC
from wikigrove.demo.words.chinese import CHINESE
from wikigrove.demo.words.english import ENGLISH
from wikigrove.demo.words.german import GERMAN
from wikigrove.demo.words.greek import GREEK
from wikigrove.demo.words.hindi import HINDI
from wikigrove.demo.words.japanese import JAPANESE
from wikigrove.demo.words.korean import KOREAN
from wikigrove.demo.words.russian import RUSSIAN

__all__ = ["LANGUAGES"]

LANGUAGES = (ENGLISH, GERMAN, RUSSIAN, JAPANESE, CHINESE, ARABIC, HINDI, KOREAN, GREEK)
