//! Runs of braces: how they match, and what they enclose.

use super::bytes::{after_blanks, byte_at};
use super::losses::Kind;

/// Runs of braces told apart inside one element; deeper ones are counted together.
const MAX_RUNS: usize = 8;

/// Open runs of braces, read as MediaWiki's preprocessor reads them: a closing run matches the innermost opening run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Braces {
    runs: [usize; MAX_RUNS],
    depth: usize,
    /// Braces of all runs beyond [`MAX_RUNS`].
    beyond: usize,
}

impl Braces {
    pub(super) fn open(&mut self, run: usize) {
        if run < 2 {
            return;
        }
        match self.runs.get_mut(self.depth) {
            Some(place) => {
                *place = run;
                self.depth += 1;
            }
            None => self.beyond = self.beyond.saturating_add(run),
        }
    }

    /// Takes a closing run; how many of its braces matched.
    pub(super) fn close(&mut self, run: usize) -> usize {
        if run < 2 {
            return 0;
        }
        let matched = run.min(self.beyond);
        self.beyond -= matched;
        if self.beyond < 2 {
            self.beyond = 0;
        }
        let mut left = run - matched;
        while left >= 2 {
            let Some(open) = self.depth.checked_sub(1).and_then(|top| self.runs.get_mut(top)) else {
                break;
            };
            let matched = left.min(*open);
            left -= matched;
            *open -= matched;
            if *open < 2 {
                self.depth -= 1;
            }
        }
        run - left
    }

    pub(super) fn is_empty(&self) -> bool {
        self.depth == 0
    }
}

/// What stands in braces: a parameter, a parser function, a magic word or a template.
pub(super) fn kind_of_braces(text: &[u8], start: usize, run: usize) -> Kind {
    const VARIABLES: &str = " PAGENAME PAGENAMEE FULLPAGENAME BASEPAGENAME SUBPAGENAME ROOTPAGENAME TALKPAGENAME SITENAME \
        NAMESPACE SERVER CURRENTYEAR CURRENTMONTH CURRENTDAY CURRENTTIME NUMBEROFARTICLES ";
    const FUNCTIONS: &str = " lc uc lcfirst ucfirst formatnum urlencode anchorencode ns int plural gender grammar padleft \
        padright fullurl localurl filepath PLURAL GENDER GRAMMAR ";
    if run == 3 {
        return Kind::Parameter;
    }
    let name_start = after_blanks(text, start + run);
    if byte_at(text, name_start) == b'#' {
        return Kind::ParserFunction;
    }
    let rest = text.get(name_start..).unwrap_or_default();
    let length = rest.iter().take(64).take_while(|&&byte| byte.is_ascii_alphanumeric() || byte >= 0x80).count();
    let name = std::str::from_utf8(rest.get(..length).unwrap_or_default()).unwrap_or_default();
    let is_in = |list: &str| !name.is_empty() && list.split(' ').any(|word| word == name);
    match byte_at(rest, length) {
        b':' if is_in(FUNCTIONS) => Kind::ParserFunction,
        b':' if length > 1 && !name.chars().any(char::is_lowercase) => Kind::MagicWord,
        b'}' if is_in(VARIABLES) => Kind::MagicWord,
        _ => Kind::Template,
    }
}
