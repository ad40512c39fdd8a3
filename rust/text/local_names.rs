//! What the file, category and media namespaces are called on Wikimedia's wikis.

use super::namespaces::{CATEGORY, FILE, MEDIA};

/// Names in lower case, with a bar between. They hold where a page comes without its wiki's own list. Source: the table of
/// namespace names of all Wikimedia wikis (`wmf_raw.mediawiki_project_namespace_map`) and the aliases in the site
/// information of nine wikis.
#[rustfmt::skip]
pub(super) const LOCAL_NAMES: &[(i64, &str)] = &[
    (FILE, "abruozdielis|afaylu|anaajaalaa|apamduööt|archivi|archivo|archivu|arkivo|arquivo|attēls|barakas"),
    (FILE, "barkas|berkas|bestaand|bestand|beureukaih|bhengkek|bielde|bild|biru’ na zayzyuwaw|borkas|chitro"),
    (FILE, "coadan|dadai|dataja|datei|datnyvei|datoteca|datoteka|delwedd|dencukaay|dosiero|dosiye|dosya"),
    (FILE, "dosye|eʼelyaaígíí|faali|fael|faidhle|fail|faili|fails|failu|fajl|fasciculus|fayl|faylo|faýl|feil"),
    (FILE, "fexeiro|ficheiro|ficheru|fichier|fichièr|fichiér|fichye|fiché|figura|figure|fiila|fiileq|fil"),
    (FILE, "file|fisye|fitxategi|fitxer|fix|fiùra|fișier|fájl|fáìlì|gambar|gefre|imachen|image|imajen"),
    (FILE, "immaggine|imådje|iyeltak|ladawan|lahabali kɔligu|litratu|lêer|mynd|natisinahikaniwoc"),
    (FILE, "ofbeeldienge|ofbyld|papeles|patas bntasan|payl|paypay|pilt|plaetje|plik|ragiv|restr|restren"),
    (FILE, "rikcha|sary|seswantšho|setshwantsho|sineqetj a vecik|skeda|slika|soubor|stampa|súbor|ta'ãnga"),
    (FILE, "talaksan|tangan|tiedosto|tiätuvuárkká|tugna|tóng-àn|tập tin|usòrò|vaizdas|waihona|wepo|wékpo"),
    (FILE, "wêne|ymele|íomhá|òbrôzk|īxiptli|αρχείο|αρχείον|акс|артовкс|афаил|билэ|боомг|датотека|дѣло"),
    (FILE, "изображение|няйф|податотека|сурат|сурет|файл|ӳкерчĕк|պատկեր|טעקע|קו|קובץ|תמונה|تصویر|دوتنه|صورة"),
    (FILE, "فائل|فاىل|فایل|فيشي|فَیِل|ملف|پرونده|پەڕگە|ھۆججەت|ܠܦܦܐ|ފައިލު|ߞߐߕߐ߮|किपा|चित्र|पटिमा|फाइल|फाईल"),
    (FILE, "फायल|सञ्चिका|চিত্র|চিত্ৰ|ছবি|ਤਸਵੀਰ|ચિત્ર|ଫାଇଲ|படிமம்|దస్త్రం|ಚಿತ್ರ|ಫೈಲ್|പ്രമാണം|ගොනුව|ไฟล์|ຮູບ"),
    (FILE, "ဖိုင်|ဖုဲင်|ဝှာင်|ၾၢႆႇ|ფაილი|ስዕል|ፋይል|ឯកសារ|ᱨᱮᱫ|ファイル|图像|图片|圖像|圖片|文件|文檔|档案|檔案|画像|ꯐꯥꯏꯜ|파일|𐍆𐌴𐌹𐌻𐌰"),
    (CATEGORY, "abdeeling|adà|akotchajülee sünülia|akpaxwé|bekätakthook|bhângsa|buuri buuri|bólkur|cat|catadorie"),
    (CATEGORY, "catagóir|categoreye|categori|categoria|categorie|category|categorìa|categoría|categorîa"),
    (CATEGORY, "categurìa|catigurìa|catègorie|catégorie|dalala|flocc|flokkur|grup|guru|ikiciro|jamii|kaarangay"),
    (CATEGORY, "kakuniza|kalasi|karolo|kasasiwasiw|kateggoría|kategooria|kategoreja|kategori|kategoria|kategorie"),
    (CATEGORY, "kategorii|kategoriija|kategorija|kategorio|kategoriya|kategoriýa|kategory|kategorya|kategoryjo"),
    (CATEGORY, "kategorî|kategourii|kateguorėjė|kategòrëjô|kategória|kateqoriya|katigori|katigoria|katiguriya"),
    (CATEGORY, "katégori|katõgooria|kawan|klad|klass|klesi|loma|luokka|lūi-pia̍t|māhele|neneuhcāyōtl|nkyekyεmu"),
    (CATEGORY, "pinapapilipiliqan|pubu|roinn-seòrsa|ronney|rummad|sa|saachjrupp|sachgrubb|setensele|shopni"),
    (CATEGORY, "snakun|sokajy|sumut atassuseq|taggayt|thể loại|tipanictawin|tispir|tumbung|turkum"),
    (CATEGORY, "tʼááłáhági átʼéego|umuce|vibhag|wàll|zyuwaw na|ñemohenda|òtù|κατηγορία|κατηγορίαν|акатегориа"),
    (CATEGORY, "ангилал|аңгылал|гурӯҳ|к|категори|категорие|категорий|категориэ|категория|категорија|категорія"),
    (CATEGORY, "катеґорія|катигорїꙗ|катэгорыя|оагӏат|санат|төркем|әәшл|կատեգորիա|ստորոգութիւն|קאַטעגאָריע|קט"),
    (CATEGORY, "קטגוריה|بؤلمه|تصنيف|تۈر|جرگه|رج|رده|زمرو|زمرہ|زٲژ|ونکی|وېشنيزه|پۆل|گٹھ|ܣܕܪܐ|ޤިސްމު|ߦߌߟߡߊ|पुचः"),
    (CATEGORY, "वर्ग|वर्गः|विभाग|श्रेणी|থাক|বিষয়শ্রেণী|শ্ৰেণী|ਸ਼੍ਰੇਣੀ|શ્રેણી|ଶ୍ରେଣୀ|பகுப்பு|వర్గం|ವರ್ಗ|ವರ್ಗೊ"),
    (CATEGORY, "വർഗ്ഗം|ප්‍රවර්ගය|หมวดหมู่|ໝວດ|ကဏ္ဍ|ပိူင်ထၢၼ်ႈ|კატეგორია|መደብ|ចំណាត់ថ្នាក់ក្រុម|ᱛᱷᱚᱠ|ẹ̀ka|カテゴリ|分类"),
    (CATEGORY, "分類|ꯃꯆꯥꯈꯥꯏꯕ|분류|𐌷𐌰𐌽𐍃𐌰"),
    (MEDIA, "alat|alɣagdud|amóhùnmáwòrán|ayaakuwapülee|aŭdvidaĵo|ciɛl|datoteka|filpeikar|itangazamakuru"),
    (MEDIA, "kanaca|meadhan|meanyn|medeja|media|medie|medii|medija|mediji|medio|medios|mediu|medium|mediya"),
    (MEDIA, "medja|medya|medėjė|meedia|meediä|meyti|meán|midia|midya|miidiya|mitiya|miðil|miðill|multimedia"),
    (MEDIA, "multimédia|myiti|mèdia|mèḍia|médhia|média|médiá|médja|mídia|mûi-thé|mēdiatl|nünamakanäd|ortam"),
    (MEDIA, "pego|phương tiện|pāpaho|rakitra|saadhan|tipatcimoctakewin|velsku|xibaarukaay|yɛwliɖonuji|μέσο"),
    (MEDIA, "μέσον|амедиа|аһар|меди|медиа|медиум|медия|медиј|медіа|миэдьийэ|мультымедыя|мэдыя|срѣдьства|таспа"),
    (MEDIA, "մեդիա|מדיה|מעדיע|ذريعات|رسانه|رسانه\u{200C}ای|رسنۍ|مديا|مدیا|ميديا|میدیا|میڈیا|وسائط|ۋاسىتە|ܡܝܕܝܐ"),
    (MEDIA, "މީޑިއާ|ߟߊߛߋߢߊߥߙߍ|माध्यम|माध्यमम्|मिडिया|मीडिया|मेडिया|মাধ্যম|মিডিয়া|ਮੀਡੀਆ"),
    (MEDIA, "દ્રશ્ય-શ્રાવ્ય (મિડિયા)|ମାଧ୍ୟମ|ஊடகம்|మీడియా|ಮಾದ್ಯಮೊ|ಮೀಡಿಯ|മീഡിയ|මාධ්‍යය|สื่อ|ສື່|မီဒီယာ|မဳဒဳယာ"),
    (MEDIA, "သိုဝ်ႇၶၢဝ်ႇ|მედია|ሜድያ|ፋይል|មេឌា|ᱢᱤᱰᱤᱭᱟ|メディア|媒体|媒体文件|媒体档案|媒體|媒體文件|媒體檔案|ꯃꯦꯗꯤꯌꯥ|미디어"),
];
