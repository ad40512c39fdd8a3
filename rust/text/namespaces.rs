//! What the prefix of a link target means: `[[File:…]]`, `[[Category:…]]`, `[[de:…]]`.

use super::languages::is_language;
use super::local_names::LOCAL_NAMES;
use super::losses::Kind;

pub(super) const FILE: i64 = 6;
pub(super) const CATEGORY: i64 = 14;
pub(super) const MEDIA: i64 = -2;

/// Longer prefixes name no namespace: the longest localised name of any wiki has fewer bytes.
const LONGEST_PREFIX: usize = 96;

/// Former names that MediaWiki keeps as aliases (`languages/messages/Messages*.php`); a dump's siteinfo lists only the
/// present names. English names always hold.
const ALIASES: &[(i64, &str)] = &[
    (FILE, "file image bestand afbeelding datei bild fichier archivo imagen ficheiro imagem arquivo fil fájl kép"),
    (FILE, "fitxer imatge tiedosto kuva soubor obrázek súbor obrázok plik grafika fişier imagine dosya resim berkas"),
    (FILE, "файл изображение зображення датотека слика файъл картинка ملف صورة پرونده تصویر קובץ תמונה"),
    (FILE, "ファイル 画像 파일 그림 文件 檔案 档案 图像 圖像 圖片 图片 चित्र চিত্র ไฟล์ ภาพ αρχείο εικόνα dosiero gambar"),
    (CATEGORY, "category kategorie categoría catégorie categoria kategori kategoria luokka kategória kategorija"),
    (CATEGORY, "категория категорія категорија تصنيف رده קטגוריה カテゴリ 분류 分类 分類 श्रेणी বিষয়শ্রেণী หมวดหมู่"),
    (CATEGORY, "κατηγορία kategorio categorie kategoriya"),
    (MEDIA, "media"),
];

/// The names of a wiki's file, category and media namespaces.
#[derive(Clone, Debug)]
pub struct Namespaces {
    names: Vec<(String, Kind)>,
}

impl Default for Namespaces {
    fn default() -> Self {
        Namespaces::new(std::iter::empty())
    }
}

impl Namespaces {
    /// Takes a wiki's namespaces (number, local name), as its siteinfo lists them; others than -2, 6 and 14 are ignored.
    /// Where no file namespace is among them, the names of all Wikimedia wikis hold.
    pub fn new<'n>(local: impl IntoIterator<Item = (i64, &'n str)>) -> Self {
        let mut local: Vec<(i64, &str)> = local.into_iter().collect();
        if local.iter().all(|&(number, _)| number != FILE) {
            local.extend(
                LOCAL_NAMES.iter().flat_map(|&(number, names)| names.split('|').map(move |name| (number, name))),
            );
        }
        let known = ALIASES.iter().flat_map(|&(number, names)| names.split(' ').map(move |name| (number, name)));
        let mut names: Vec<(String, Kind)> = local
            .into_iter()
            .chain(known)
            .filter_map(|(number, name)| Some((normalise(name)?, meaning(number)?)))
            .filter(|(name, _)| !name.is_empty())
            .collect();
        names.sort_by(|left, right| left.0.cmp(&right.0)); // stable: the wiki's own names go before the aliases
        names.dedup_by(|later, earlier| later.0 == earlier.0);
        Namespaces { names }
    }

    /// The kind of loss that a link to `target` is, or `None` when its text belongs to the page.
    pub(super) fn loss_of(&self, target: &[u8]) -> Option<Kind> {
        let colon = target.iter().take(LONGEST_PREFIX).position(|&byte| byte == b':')?;
        let prefix = normalise(std::str::from_utf8(target.get(..colon)?).ok()?)?;
        match self.names.binary_search_by(|(name, _)| name.as_str().cmp(&prefix)) {
            Ok(place) => self.names.get(place).map(|&(_, kind)| kind),
            Err(_) => is_language(&prefix).then_some(Kind::Interlanguage),
        }
    }
}

fn meaning(number: i64) -> Option<Kind> {
    match number {
        FILE => Some(Kind::File),
        CATEGORY => Some(Kind::Category),
        MEDIA => Some(Kind::Media),
        _ => None,
    }
}

/// Lower case, underscores as spaces, runs of spaces as one, no directional marks: namespaces compare without case.
fn normalise(name: &str) -> Option<String> {
    if name.len() > LONGEST_PREFIX {
        return None;
    }
    let mut normal = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            ' ' | '_' | '\u{A0}' | '\u{3000}' => {
                if !normal.is_empty() && !normal.ends_with(' ') {
                    normal.push(' ');
                }
            }
            '\u{200E}' | '\u{200F}' => {}
            other => normal.extend(other.to_lowercase()),
        }
    }
    normal.truncate(normal.trim_end().len());
    Some(normal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_compare_without_case_underscores_and_marks() {
        let names = Namespaces::new([(6, "Fichier"), (14, "Kategorie"), (4, "Wikipedia"), (6, "Lêer Naam")]);
        for file in ["File:x", "file:x", "IMAGE :x", " fichier:x", "Lêer_naam:x", "lÊer  Naam:x", "\u{200E}File:x"] {
            assert_eq!(names.loss_of(file.as_bytes()), Some(Kind::File), "{file}");
        }
        assert_eq!(names.loss_of(b"Category:x"), Some(Kind::Category));
        assert_eq!(names.loss_of("קטגוריה:x".as_bytes()), Some(Kind::Category));
        assert_eq!(names.loss_of(b"Media:x.ogg"), Some(Kind::Media));
        assert_eq!(names.loss_of(b"fr:Paris"), Some(Kind::Interlanguage));
    }

    #[test]
    fn other_targets_are_text() {
        let names = Namespaces::default();
        for page in ["Paris", ":Category:x", "Wikipedia:x", "2001: A Space Odyssey", "wikt:x", "", ":", "s:x"] {
            assert_eq!(names.loss_of(page.as_bytes()), None, "{page}");
        }
    }
}
