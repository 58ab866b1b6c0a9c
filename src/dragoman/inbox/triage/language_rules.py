"""What letters and small words say of a language: the second opinion beside the model.

Letters rule out: a language that does not write a letter is rarely the language of a text that has it. Small words
speak for: those that hold sentences together are few, frequent and differ between near languages.
"""

from __future__ import annotations

# A script that one language of the desk writes (others that share it are told apart by the model)
SCRIPTS: tuple[tuple[int, int, str], ...] = (
    (0x0041, 0x024F, "Latn"), (0x0370, 0x03FF, "Grek"), (0x0400, 0x052F, "Cyrl"), (0x0530, 0x058F, "Armn"),
    (0x0590, 0x05FF, "Hebr"), (0x0600, 0x06FF, "Arab"), (0x0750, 0x077F, "Arab"), (0x0900, 0x097F, "Deva"),
    (0x0980, 0x09FF, "Beng"), (0x0A00, 0x0A7F, "Guru"), (0x0A80, 0x0AFF, "Gujr"), (0x0B00, 0x0B7F, "Orya"),
    (0x0B80, 0x0BFF, "Taml"), (0x0C00, 0x0C7F, "Telu"), (0x0C80, 0x0CFF, "Knda"), (0x0D00, 0x0D7F, "Mlym"),
    (0x0D80, 0x0DFF, "Sinh"), (0x0E00, 0x0E7F, "Thai"), (0x0E80, 0x0EFF, "Laoo"), (0x0F00, 0x0FFF, "Tibt"),
    (0x1000, 0x109F, "Mymr"), (0x10A0, 0x10FF, "Geor"), (0x1100, 0x11FF, "Hang"), (0x1200, 0x139F, "Ethi"),
    (0x1780, 0x17FF, "Khmr"), (0x1C90, 0x1CBF, "Geor"), (0x1E00, 0x1EFF, "Latn"), (0x1F00, 0x1FFF, "Grek"),
    (0x3040, 0x30FF, "Kana"), (0x3130, 0x318F, "Hang"), (0x31F0, 0x31FF, "Kana"), (0x3400, 0x9FFF, "Hani"),
    (0xAC00, 0xD7AF, "Hang"), (0xF900, 0xFAFF, "Hani"), (0xFB50, 0xFDFF, "Arab"), (0xFE70, 0xFEFF, "Arab"),
    (0xFF21, 0xFF5A, "Latn"), (0xFF66, 0xFF9D, "Kana"), (0x20000, 0x323AF, "Hani"),
)  # fmt: skip

# Scripts that decide by themselves, and what they leave open when they do not
LANGUAGES_OF_SCRIPT: dict[str, tuple[str, ...]] = {
    "Grek": ("el",), "Armn": ("hy",), "Hebr": ("he",), "Beng": ("bn", "as"), "Guru": ("pa",), "Gujr": ("gu",),
    "Orya": ("or",), "Taml": ("ta",), "Telu": ("te",), "Knda": ("kn",), "Mlym": ("ml",), "Sinh": ("si",),
    "Thai": ("th",), "Laoo": ("lo",), "Tibt": ("bo", "dz"), "Mymr": ("my",), "Geor": ("ka",), "Hang": ("ko",),
    "Ethi": ("am", "ti"), "Khmr": ("km",), "Kana": ("ja",), "Hani": ("zh",), "Deva": ("hi", "mr", "ne", "sa"),
    "Arab": ("ar", "fa", "ur", "ps", "ug", "ku", "sd"),
    "Cyrl": ("ru", "be", "uk", "bg", "sr", "mk", "kk", "ky", "mn", "tg", "tt", "ba"),
}  # fmt: skip

# Labels of the model that the desk files under another tag: dialects with the standard language, old with new
SAME = {
    "yue": "zh", "wuu": "zh", "arz": "ar", "ary": "ar", "nn": "no", "nb": "no", "uzs": "uz", "hbo": "he",
    "grc": "el", "ltg": "lv", "sdh": "ku", "fil": "tl", "iw": "he", "in": "id", "zxx": "und",
}  # fmt: skip

# Languages that people write to ministries in. The rest are not excluded, only asked for stronger signs.
COMMON = frozenset(
    [
        "af",
        "am",
        "ar",
        "az",
        "be",
        "bg",
        "bn",
        "bs",
        "ca",
        "cs",
        "da",
        "de",
        "el",
        "en",
        "es",
        "et",
        "fa",
        "fi",
        "fr",
        "gu",
        "ha",
        "he",
        "hi",
        "hr",
        "hu",
        "hy",
        "id",
        "is",
        "it",
        "ja",
        "ka",
        "kk",
        "km",
        "ko",
        "ku",
        "ky",
        "lo",
        "lt",
        "lv",
        "mk",
        "ml",
        "mn",
        "mr",
        "ms",
        "my",
        "ne",
        "nl",
        "no",
        "pa",
        "pl",
        "ps",
        "pt",
        "ro",
        "ru",
        "si",
        "sk",
        "sl",
        "so",
        "sq",
        "sr",
        "sv",
        "sw",
        "ta",
        "te",
        "tg",
        "th",
        "tk",
        "tl",
        "tr",
        "tt",
        "ug",
        "uk",
        "ur",
        "uz",
        "vi",
        "zh",
    ]
)

# letters -> the languages that write them; every other language of the same script is made unlikely
LETTERS: tuple[tuple[str, str], ...] = (
    ("ў", "be uz"), ("ї", "uk"), ("є", "uk"), ("ґ", "uk be"), ("і", "be uk kk"), ("ы", "ru be kk ky mn tt ba"),
    ("э", "ru be kk ky mn tt ba tg"), ("ъ", "ru bg uz tg tt ba"), ("ё", "ru be kk ky mn tg tt ba uz"),
    ("и", "ru uk bg sr mk kk ky mn tg tt ba uz"), ("щ", "ru uk bg kk ky tt ba"), ("ђ", "sr"), ("ћ", "sr"),
    ("ј", "sr mk"), ("љ", "sr mk"), ("њ", "sr mk"), ("џ", "sr mk"), ("ѓ", "mk"), ("ќ", "mk"), ("ѕ", "mk"),
    ("ѝ", "mk bg"), ("ә", "kk tt ba az"), ("ғ", "kk tg uz ba"), ("қ", "kk tg uz"), ("ұ", "kk"), ("ң", "kk ky tt"),
    ("ө", "kk ky mn tt ba"), ("ү", "kk ky mn tt ba"), ("һ", "kk tt ba"), ("ҳ", "tg uz"), ("ҷ", "tg"), ("ӣ", "tg"),
    ("پ", "fa ur ps ug ku sd"), ("چ", "fa ur ps ug ku sd"), ("گ", "fa ur ug ku sd"), ("ژ", "fa ur ps ug ku"),
    ("ٹ", "ur"), ("ڈ", "ur"), ("ڑ", "ur"), ("ں", "ur"), ("ے", "ur"), ("ھ", "ur ug"), ("ہ", "ur"), ("ټ", "ps"),
    ("ډ", "ps"), ("ړ", "ps"), ("ښ", "ps"), ("ې", "ps ug"), ("ۆ", "ku ug"), ("ە", "ku ug"), ("ێ", "ku"), ("ة", "ar"),
    ("ě", "cs"), ("ř", "cs"), ("ů", "cs"), ("ľ", "sk"), ("ĺ", "sk"), ("ŕ", "sk"), ("ł", "pl"), ("ą", "pl lt"),
    ("ę", "pl lt"), ("ś", "pl"), ("ź", "pl"), ("ż", "pl mt"), ("ń", "pl"), ("ė", "lt"), ("į", "lt"), ("ų", "lt"),
    ("ū", "lt lv"), ("ā", "lv"), ("ē", "lv"), ("ī", "lv"), ("ģ", "lv"), ("ķ", "lv"), ("ļ", "lv"), ("ņ", "lv"),
    ("õ", "et pt vi"), ("ã", "pt vi"), ("ñ", "es gl tl eu qu"), ("¿", "es gl ca"), ("¡", "es gl ca"), ("ß", "de"),
    ("ő", "hu"), ("ű", "hu"), ("ă", "ro vi"), ("ș", "ro"), ("ț", "ro"), ("đ", "vi hr sr bs"), ("ğ", "tr az crh tt"),
    ("ı", "tr az crh tt"), ("ə", "az"), ("ø", "no da fo"), ("æ", "no da is fo"), ("þ", "is"), ("ð", "is fo"),
    ("ơ", "vi"), ("ư", "vi"), ("œ", "fr"), ("ì", "it vi"), ("ò", "it ca vi oc"), ("ë", "sq nl fr lb af"),
    ("ċ", "mt"), ("ħ", "mt"),
)  # fmt: skip

WORDS: dict[str, str] = {
    "be": "ці што калі як гэта ёсць няма дзякуй вельмі мяне мне вас трэба можна патрэбна патрэбная без віза візы дзень"
    " дні пры ад каб але або праз толькі куды дзе хто чаму ўсё ўжо яшчэ паедзем прылёту колькі іх яго не на у з",
    "uk": "чи що якщо як це є немає дякую дуже мене мені вас треба можна потрібна потрібно потрібен без віза візи день"
    " дні від щоб але або через тільки куди де хто чому все вже ще скільки їх його не на у з та після",
    "ru": "что если как это есть нет спасибо очень меня мне вас нужно можно нужна нужен без виза визы день дня или но"
    " через только куда где кто почему всё все уже ещё еще ли сколько их его при чтобы подскажите пожалуйста срочно"
    " здравствуйте добрый помогите памагите не на у с для и в до после",
    "bg": "ли дали че ако как това има няма благодаря много мен ми трябва може нужна без виза ден дни или но през само"
    " къде кой защо всичко вече още колко със ще се да не на за от съм сте е и в при след поздрави хубава",
    "mk": "дали што ако како ова има нема благодарам многу мене ми треба може потребна без виза ден денови или но преку"
    " само каде кој зошто сè веќе уште колку со ќе се да не на за од сум сте и во при по",
    "sr": "da li šta ako kako ovo ima nema hvala mnogo mene mi treba može potrebna bez viza dan dana ili ali preko samo"
    " gde ko zašto sve već još koliko sa će se ne na za od sam ste i u posle nedelje evra pozdrav dnevno svi ovde"
    " да ли шта ако како ово има нема хвала много треба може дан дана или али преко само где ко зашто све већ још"
    " колико са ће се не на за од сам сте и у после недеље",
    "hr": "što tko gdje tjedan tjedna poslije ovdje putovnica putovnicu putovnice nitko uopće hvala lijepa lijepo sve"
    " gdje koliko se da ne na za u i je",
    "kk": "ма ме ба бе па пе қалай қандай керек үшін рахмет мен маған бар жоқ және бірақ күн виза",
    "ky": "бы би кандай керек үчүн рахмат мен мага бар жок жана бирок күн виза эмне",
    "mn": "юу вэ байна баярлалаа надад хэрэгтэй өдөр виз хэд яаж бол уу үү",
    "en": "the is are do does can i you my we if what how when where please thanks need have with from for and or to of"
    " in it this that not will be a an on at your visa passport",
    "de": "ich ist und der die das kann muss wie was wenn mit von für nicht ein eine wir sie mein meine bitte danke"
    " brauche wo zu auf bei oder den dem man noch auch nach",
    "fr": "je est et le la les un une des puis peut faut comment si avec pour ne pas nous vous mon ma merci besoin où"
    " que qui quel quelle du de en au dans sur bonjour avez",
    "es": "yo es y el la los las un una puedo puede hay cómo como si con para no nos mi gracias necesito dónde que qué"
    " cuál del de en por al hola tengo buenos días está son",
    "it": "io è e il lo la gli le un una posso può come se con per non ci mio mia grazie bisogno dove che quale del di"
    " in al sono ho buongiorno devo fate schifo anche della",
    "pt": "eu é e o a os as um uma posso pode como se com para não nos meu minha obrigado obrigada preciso onde que"
    " qual do da de em no na por ao olá tenho sou são você bom dia",
    "pl": "ja jest i czy się nie na w z do od mogę można trzeba jak jeśli moje mój dziękuję proszę potrzebuję gdzie co"
    " który dla bez przez dzień dni to mam wiza paszport",
    "cs": "já je a jestli se ne na v z do od mohu můžu můžeme potřebuji potřebuju jak když můj děkuji prosím kde co pro"
    " bez přes den dny dní to mám vízum nebo jsem že musím",
    "sk": "ja je a či sa nie na v z do od môžem môžeme potrebujem ako keď môj ďakujem prosím kde čo pre bez cez deň dni"
    " to mám vízum alebo som že musím",
    "sl": "jaz je in ali se ne na v z do od lahko moram potrebujem kako če moj hvala prosim kje kaj za brez čez dan dni"
    " to imam sem ker",
    "lt": "aš yra ir ar ne į iš su galiu reikia kaip jei mano ačiū prašau kur kas be per diena dienos dienų tai turiu"
    " viza kad arba labas ką visi gryna",
    "lv": "es ir un vai ne uz no ar var vajag kā ja mans mana paldies lūdzu kur kas bez caur diena dienas tas man vīza"
    " vīzu ka vai labdien",
    "et": "ma on ja kas ei sisse välja saan vaja kuidas kui minu mu aitäh palun kus mis ilma läbi päev päeva see mul"
    " viisa viisat et või tere pean",
    "fi": "minä on ja onko ei voinko voiko tarvitsenko pitää miten jos minun kiitos missä mikä ilman kautta päivä päivää"
    " se viisumi viisumin että tai hei olen",
    "sv": "jag är och om inte i på från med kan måste behöver hur min mitt tack var vad utan genom dag dagar det har"
    " visum att eller hej som för när",
    "no": "jeg er og om ikke i på fra med kan må trenger hvordan min mitt takk hvor hva uten gjennom dag dager det har"
    " visum at eller hei som når jeg deg noen",
    "da": "jeg er og om ikke i på fra med kan skal behøver hvordan min mit tak hvor hvad uden gennem dag dage det har"
    " visum at eller hej som når af",
    "nl": "ik is en de het een kan moet hoe als met van voor niet wij mijn dank bedankt nodig waar wat zonder via dag"
    " dagen dat heb visum of hallo ben ook naar",
    "ro": "eu este și si pot trebuie cum dacă daca cu pentru nu noi mea meu mulțumesc multumesc nevoie unde ce fără"
    " fara prin zi zile am viză viza sau bună la din în",
    "hu": "én van és hogy kell nem lehet tudok hogyan ha az a egy köszönöm kérem hol mi nélkül át nap napos napig vízum"
    " vagy szia vagyok is mit",
    "tr": "ben bir ve mi mı mu mü var yok için ile nasıl ne nerede teşekkürler lütfen gerek gerekir gün vize bu ama"
    " veya merhaba hep bunlar çok eder",
    "az": "mən bir və mi mı mu mü var yox üçün ilə necə nə harada təşəkkür xahiş lazım gün viza bu amma və ya salam"
    " çox sağ olun edir",
    "uz": "men bir va mi bor yo'q uchun bilan qanday nima qayerda rahmat iltimos kerak kun viza bu lekin yoki salom"
    " juda qilish",
    "id": "saya adalah dan apakah tidak bisa harus bagaimana jika untuk dengan dari ke terima kasih perlu di mana apa"
    " tanpa hari visa ini itu atau kami ada yang sudah boleh paspor karena",
    "ms": "saya ialah dan adakah tidak boleh perlu bagaimana jika untuk dengan dari ke terima kasih di mana apa tanpa"
    " hari visa ini itu atau kami ada yang sudah pasport kerana awak",
    "sw": "mimi ni na je si naweza lazima vipi kama kwa kutoka asante tafadhali wapi nini bila siku viza hii au habari"
    " nina yangu kuwa",
    "tl": "ako ang ng mga ba hindi pwede kailangan paano kung sa mula salamat po saan ano wala araw visa ito o kumusta"
    " may ko na",
    "sq": "unë është dhe a nuk mund duhet si nëse për me nga faleminderit ju lutem ku çfarë pa ditë vizë kjo ose kam të",
    "vi": "tôi là và có không được phải làm sao nếu cho với từ cảm ơn xin ở đâu gì ngày thị thực này hay của",
    "ar": "هل أنا في من إلى على ما كيف إذا مع شكرا أريد أين كم بدون يوم تأشيرة هذا أو لا نعم ana mesh msh 3aref law"
    " sa7 shokran sho ya3ni fe fi wala a3mel",
    "fa": "آیا من در از به با که چه چطور اگر برای ممنون می لطفا کجا چند بدون روز ویزا این یا نه است را",
    "ur": "کیا میں ہے ہیں کے کی کا کو سے اور نہیں لیے شکریہ کہاں کتنے بغیر دن ویزا یہ یا اگر",
    "ps": "ایا زه په له ته د دی څنګه که لپاره مننه چیرته څو پرته ورځ ویزه دا یا نه",
    "hi": "क्या मैं है हैं के की का को से और नहीं लिए धन्यवाद hai hain mera meri kya nahi nahin mujhe karo bhai liye ke"
    " kaise ho gaya hu hoon koi raha",
}
# Russian in Latin letters, as phones without a keyboard write it
WORDS["ru"] += (
    " pozhaluista pojalusta pozhalujsta spasibo nuzhna nujna nuzhno mozhno mojno chto skazhite skajite dlya ili zachem"
    " pamagite pomogite zdravstvuite zdravstvuyte privet mne nado gde kogda ukrali sizhu deneg otvet li bez"
)
