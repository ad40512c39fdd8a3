//! Words that mean something at the beginning of a page or between underscores, in the languages of MediaWiki.

/// True for what may follow the `#` of a redirect, in lower case.
pub(super) fn is_redirect(word: &str) -> bool {
    REDIRECTS.binary_search(&word).is_ok()
}

/// True for a behaviour switch without its underscores: `TOC`, `Notoc`, `KEIN_INDEX`.
pub(super) fn is_switch(word: &str) -> bool {
    EXACT.binary_search(&word).is_ok() || ANY_CASE.binary_search(&word.to_lowercase().as_str()).is_ok()
}

/// Sorted. Source: the alias lists of `redirect` in the site information of nine wikis (ar, commons, de, en, fa, he, ja,
/// ru, zh) and in MediaWiki's messages of the larger languages.
#[rustfmt::skip]
const REDIRECTS: &[&str] = &[
    "alih", "birzuzendu", "doorverwijzing", "ohjaus", "omdiriger", "omdirigering", "patrz", "preusmeritev",
    "przekieruj", "přesměruj", "redireccion", "redirección", "redirecionamento", "redirect", "redirectare",
    "redirecteix", "redirection", "rinvia", "rinvio", "suuna", "tam", "uudelleenohjaus", "weiterleitung", "yönlendir",
    "yönlendirme", "átirányítás", "đổi", "ανακατευθυνση", "айдау", "виж", "перенапр", "перенаправление",
    "перенаправлення", "пренасочване", "преусмери", "վերահղում", "הפניה", "تحويل", "تغییر_مسیر", "تغییرمسیر",
    "リダイレクト", "転送", "重定向", "重新導向", "넘겨주기",
];

/// Switches that MediaWiki compares with case. Sorted. Source: as above, with those of common extensions.
#[rustfmt::skip]
const EXACT: &[&str] = &[
    "AUCUNEDITION", "AUCUNETDM", "AUCUNSOMMAIRE", "BEGRIFFSKLÄRUNG", "BEZSPISU", "DISAMBIG", "DİZİNYOK", "END",
    "ENDEKSYOK", "EXPECTED_UNCONNECTED_PAGE", "EXPECTUNUSEDCATEGORY", "EXPECTUNUSEDTEMPLATE", "FORCERSOMMAIRE",
    "FORZARTDC", "FORZATDC", "GEENINHOUD", "HIDDENCAT", "INDEX", "INDEXIEREN", "INDICE", "INDIZIEREN", "INHOUD",
    "INHOUD_DWINGEN", "KEIN_INDEX", "KEIN_NEUER_ABSCHNITTSLINK", "KEIN_PLUS_LINK", "NEUER_ABSCHNITTSLINK",
    "NEWSECTIONLINK", "NICHT_INDEXIEREN", "NICHT_INDIZIEREN", "NOGLOBAL", "NOINDEX", "NOINDICE", "NONEWSECTIONLINK",
    "NOSHAREDHELP", "NOTDC", "PERMANENTE_WEITERLEITUNG", "PLUS_LINK", "SECTIONNONEDITABLE", "SEMSUMARIO", "SEMTDC",
    "SOMMAIRE", "SPIS", "START", "STATICREDIRECT", "TDC", "TDM", "VERSTECKTE_KATEGORIE", "WARTUNGSKATEGORIE",
    "YENİBAŞLIKBAĞLANTISI", "YENİBAŞLIKBAĞLANTISIYOK", "БЕЗ_ИНДЕКСА", "БЕЗ_ССЫЛКИ_НА_НОВЫЙ_РАЗДЕЛ", "ИНДЕКС",
    "СКРЫТАЯ_КАТЕГОРИЯ", "ССЫЛКА_НА_НОВЫЙ_РАЗДЕЛ", "СТАТИЧЕСКОЕ_ПЕРЕНАПРАВЛЕНИЕ", "הפניה_קבועה", "יצירת_הערה",
    "לא_לחיפוש", "לחיפוש", "ללא_יצירת_הערה", "פירושונים", "קטגוריה_מוסתרת", "بخش\u{200C}جدید", "بی\u{200C}نمایه",
    "بی\u{200C}پیوندبخش", "بی\u{200C}پیوند\u{200C}بخش\u{200C}جدید", "تحويلة_إستاتيكية", "تحويلة_ساكنة", "تصنيف_مخفي",
    "تغییرمسیرثابت", "توقع_تصنيف_غير_مستخدم", "رده\u{200C}پنهان", "فهرسة", "لافهرسة", "نمایه", "وصلة_قسم_جديد",
    "インデックス", "インデックス拒否", "カテゴリ非表示", "カテ非表示", "二重転送修正無効", "二重転送解消無効", "新しいセクションリンク", "新しいセクションリンク非表示", "新しい節リンク",
    "新しい節リンク非表示", "新セクションリンク", "新セクションリンク非表示", "新段落链接", "无新段落链接", "无索引", "消除歧义", "索引", "隐藏分类", "隠しカテゴリ", "隱藏分類",
    "静态重定向", "静的転送", "靜態重新導向", "非表示カテ",
];

/// Switches in any case, here in lower case. Sorted.
#[rustfmt::skip]
const ANY_CASE: &[&str] = &[
    "abschnitte_nicht_bearbeiten", "archivedtalk", "başlikdönüşümüyok", "bdy", "deği̇şti̇ryok", "düzenlemeyok",
    "expectwithoutscans", "forcetoc", "galeri̇yok", "iigalleriija", "iirievdaditoasi", "iisis", "iisisdoallu",
    "inhaltsverzeichnis", "inhaltsverzeichnis_erzwingen", "i̇dy", "i̇çeri̇kdönüşümüyok", "i̇çi̇ndeki̇leryok",
    "kein_inhaltsverzeichnis", "keine_galerie", "keine_inhaltskonvertierung", "keine_titelkonvertierung",
    "keinegalerie", "keininhaltsverzeichnis", "nocc", "nocontentconvert", "noeditsection", "nogallery", "notalk",
    "notc", "notitleconvert", "notoc", "toc", "без_галереи", "без_огл", "без_оглавления",
    "без_преобразования_заголовка", "без_преобразования_текста", "без_редактирования_раздела", "бөлідімөндемеу",
    "бөлімөндеткізбеу", "мазмұндатқызу", "мазмұнсыз", "мазмұны", "мзмн", "мсыз", "мқызу", "обяз_огл",
    "обязательное_оглавление", "огл", "оглавление", "қоймасыз", "қсыз", "առանց_բաժնի_խմբագրման", "առանց_բով",
    "առանց_սրահի", "բով", "ստիպել_բով", "חייב_תוכן", "חייב_תוכן_עניינים", "ללא_גלריה", "ללא_המרת_כותרת",
    "ללא_המרת_תוכן", "ללא_עריכה", "ללא_תוכן", "ללא_תוכן_עניינים", "תוכן", "תוכן_עניינים", "بافهرست", "بی\u{200C}بخش",
    "بی\u{200C}فهرست", "بی\u{200C}نگارخانه", "عنوان\u{200C}تبدیل\u{200C}نشده", "فهرس", "فهرست", "لاتحريرقسم",
    "لاتحويل_عنوان", "لاتحويل_محتوى", "لاتع", "لاتم", "لافهرس", "لامعرض", "لصق_فهرس", "محتواتبدیل\u{200C}نشده",
    "ギャラリー非表示", "セクション編集非表示", "タイトルコンバート拒否", "タイトル変換無効", "タイトル非表示", "不轉換內容", "不轉換標題", "不转换内容", "不转换标题", "内容変換抑制",
    "内容変換無効", "強制目錄", "强显目录", "无图库", "无段落编辑", "无目录", "无编辑段落", "無圖庫", "無段落編輯", "無目錄", "目录", "目次", "目次強制", "目次非表示",
    "目錄", "節編集非表示",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_sorted_and_found() {
        for list in [REDIRECTS, EXACT, ANY_CASE] {
            assert!(list.is_sorted_by(|left, right| left < right));
        }
        assert!(is_redirect("weiterleitung") && is_redirect("перенаправление") && !is_redirect("1"));
        assert!(is_switch("NOTOC") && is_switch("notoc") && is_switch("目次") && is_switch("БЕЗ_ОГЛ"));
        assert!(!is_switch("index") && !is_switch("FILE") && !is_switch("ЧТО"));
    }
}
