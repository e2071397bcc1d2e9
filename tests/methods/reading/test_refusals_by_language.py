"""Refusals in each language that has phrases; a language without any leaves a text unsure."""

import pytest

from methods.reading.languages import languages
from methods.reading.refusals import read_refusal
from methods.reading.refusals_by_language import covered_languages

REFUSALS = {
    "af": "Jammer, ek kan jou nie daarmee help nie.",
    "am": "ይቅርታ፣ በዚህ ልረዳዎት አልችልም።",
    "ar": "عذراً، لا أستطيع مساعدتك في هذا الأمر.",
    "ary": "سمح ليا، ما نقدرش نعاونك فهادشي.",
    "arz": "آسف، مش هقدر أساعدك في ده.",
    "as": "দুঃখিত, মই আপোনাক সহায় কৰিব নোৱাৰোঁ।",
    "az": "Üzr istəyirəm, bu məsələdə kömək edə bilmərəm.",
    "be": "Прабачце, я не магу вам дапамагчы з гэтым.",
    "bg": "Съжалявам, но не мога да ви помогна с това.",
    "bn": "দুঃখিত, আমি এই বিষয়ে সাহায্য করতে পারব না।",
    "bs": "Žao mi je, ne mogu vam pomoći s tim.",
    "ca": "Ho sento, no puc ajudar-te amb això.",
    "cs": "Omlouvám se, ale s tím vám nemohu pomoci.",
    "cy": "Mae'n ddrwg gen i, alla i ddim helpu gyda hynny.",
    "da": "Beklager, det kan jeg ikke hjælpe dig med.",
    "de": "Es tut mir leid, aber dabei kann ich Ihnen nicht helfen.",
    "el": "Λυπάμαι, αλλά δεν μπορώ να σας βοηθήσω με αυτό.",
    "eo": "Pardonu, sed mi ne povas helpi vin pri tio.",
    "es": "Lo siento, pero no puedo ayudarte con eso.",
    "et": "Vabandust, aga ma ei saa teid selles aidata.",
    "eu": "Barkatu, baina ezin dizut horretan lagundu.",
    "fa": "متأسفم، نمی‌توانم در این مورد به شما کمک کنم.",
    "fi": "Valitettavasti en voi auttaa siinä.",
    "fr": "Je suis désolé, mais je ne peux pas vous aider.",
    "fy": "It spyt my, mar ik kin jo dêr net mei helpe.",
    "ga": "Tá brón orm, ní féidir liom cabhrú leat leis sin.",
    "gd": "Tha mi duilich, chan urrainn dhomh do chuideachadh.",
    "gl": "Síntoo, pero non podo axudarche con iso.",
    "gu": "માફ કરશો, હું આમાં મદદ કરી શકતો નથી.",
    "ha": "Yi haƙuri, ba zan iya taimaka maka da wannan ba.",
    "he": "מצטער, אני לא יכול לעזור לך בזה.",
    "hi": "क्षमा करें, मैं इसमें आपकी मदद नहीं कर सकता।",
    "hr": "Žao mi je, ali ne mogu pomoći s tim zahtjevom.",
    "ht": "Mwen regrèt, mwen pa kapab ede ou ak sa.",
    "hu": "Sajnálom, de ebben nem tudok segíteni.",
    "hy": "Ներեցեք, բայց ես չեմ կարող օգնել ձեզ այդ հարցում։",
    "id": "Maaf, saya tidak dapat membantu Anda dengan itu.",
    "ig": "Ndo, enweghị m ike inyere gị aka na nke a.",
    "is": "Því miður get ég ekki aðstoðað, ég get ekki hjálpað þér.",
    "it": "Mi dispiace, ma non posso aiutarti con questo.",
    "ja": "申し訳ございませんが、そのご質問にはお答えできません。",
    "jv": "Nuwun sewu, aku ora bisa mbantu babagan iku.",
    "ka": "სამწუხაროდ, ვერ დაგეხმარებით ამაში.",
    "kk": "Кешіріңіз, мен бұған көмектесе алмаймын.",
    "km": "សូមទោស ខ្ញុំមិនអាចជួយអ្នកក្នុងរឿងនេះបានទេ។",
    "kn": "ಕ್ಷಮಿಸಿ, ನಾನು ಇದಕ್ಕೆ ಸಹಾಯ ಮಾಡಲು ಸಾಧ್ಯವಿಲ್ಲ.",
    "ko": "죄송하지만 그 요청은 도와드릴 수 없습니다.",
    "ku": "Bibore, ez nikarim di vê yekê de alîkariya te bikim.",
    "ky": "Кечиресиз, мен буга жардам бере албайм.",
    "la": "Me paenitet, sed non possum te adiuvare.",
    "lb": "Et deet mir leed, ech kann Iech dobäi net hëllefen.",
    "lo": "ຂໍໂທດ, ຂ້ອຍບໍ່ສາມາດຊ່ວຍເຈົ້າໄດ້.",
    "lt": "Atsiprašau, bet negaliu jums padėti.",
    "lv": "Atvainojiet, bet es nevaru jums palīdzēt.",
    "mg": "Miala tsiny, tsy afaka manampy anao amin'izany aho.",
    "mk": "Жал ми е, но не можам да ви помогнам со тоа.",
    "ml": "ക്ഷമിക്കണം, എനിക്ക് ഇതിൽ സഹായിക്കാൻ കഴിയില്ല.",
    "mn": "Уучлаарай, би үүнд тусалж чадахгүй.",
    "mr": "माफ करा, मी यात मदत करू शकत नाही.",
    "ms": "Maaf, saya tidak boleh membantu dengan permintaan itu.",
    "mt": "Jiddispjaċini, ma nistax ngħinek f'dan.",
    "my": "တောင်းပန်ပါတယ်၊ ဒါကို မကူညီနိုင်ပါဘူး။",
    "ne": "माफ गर्नुहोस्, म यसमा मद्दत गर्न सक्दिनँ।",
    "nl": "Sorry, daar kan ik je niet mee helpen.",
    "nn": "Orsak, eg kan ikkje hjelpe deg med det.",
    "no": "Beklager, men jeg kan ikke hjelpe deg med det.",
    "oc": "Me dòl, pòdi pas vos ajudar.",
    "or": "କ୍ଷମା କରନ୍ତୁ, ମୁଁ ଏଥିରେ ସାହାଯ୍ୟ କରିପାରିବି ନାହିଁ।",
    "pa": "ਮਾਫ਼ ਕਰਨਾ, ਮੈਂ ਇਸ ਵਿੱਚ ਮਦਦ ਨਹੀਂ ਕਰ ਸਕਦਾ।",
    "pcm": "Abeg, I no fit help you with dat one.",
    "pl": "Przykro mi, ale nie mogę ci w tym pomóc.",
    "ps": "بښنه غواړم، زه پدې کې مرسته نشم کولی.",
    "pt": "Desculpe, mas não posso ajudar com isso.",
    "ro": "Îmi pare rău, dar nu vă pot ajuta. Nu pot oferi asta.",
    "ru": "Извините, но я не могу вам с этим помочь.",
    "rw": "Mbabarira, sinshobora kugufasha muri ibyo.",
    "si": "කණගාටුයි, මට මේ සඳහා උදව් කළ නොහැක.",
    "sk": "Prepáčte, ale s tým vám nemôžem pomôcť.",
    "sl": "Oprostite, pri tem vam ne morem pomagati.",
    "so": "Waan ka xumahay, kuma caawin karo arrintaas.",
    "sq": "Më vjen keq, por nuk mund t'ju ndihmoj me këtë.",
    "sr": "Жао ми је, али не могу да вам помогнем.",
    "sv": "Tyvärr kan jag inte hjälpa dig med det.",
    "sw": "Samahani, siwezi kukusaidia na hilo.",
    "ta": "மன்னிக்கவும், இதற்கு என்னால் உதவ முடியாது.",
    "te": "క్షమించండి, నేను ఈ విషయంలో సహాయం చేయలేను.",
    "tg": "Бубахшед, ман ба шумо кӯмак карда наметавонам.",
    "th": "ขออภัยค่ะ ฉันไม่สามารถช่วยเรื่องนี้ได้",
    "tk": "Bagyşlaň, men bu meselede kömek edip bilmerin.",
    "tl": "Paumanhin, hindi ako makakatulong diyan.",
    "tr": "Üzgünüm, bu konuda size yardımcı olamam.",
    "tt": "Гафу итегез, мин моңа ярдәм итә алмыйм.",
    "uk": "Вибачте, але я не можу вам із цим допомогти.",
    "ur": "معذرت، میں اس میں آپ کی مدد نہیں کر سکتا۔",
    "uz": "Kechirasiz, bunda yordam bera olmayman.",
    "vi": "Xin lỗi, tôi không thể giúp bạn việc đó.",
    "wuu": "对不起，我无法帮侬做搿桩事体。",
    "xh": "Uxolo, andikwazi ukukunceda ngaloo nto.",
    "yo": "Ẹ má bínú, mi ò lè ràn yín lọ́wọ́.",
    "yue": "唔好意思，我幫唔到你。",
    "zh": "很抱歉，我无法协助您完成这个请求。",
    "zu": "Uxolo, angikwazi ukukusiza ngalokho.",
}
NONE = [
    "Ich kann Ihnen nicht genug danken. Hier ist das Rezept: Mehl, Wasser, Salz.",
    "Wenn die Tür nicht aufgeht, kann ich einen Schlosser empfehlen.",
    "Das Programm kann die Datei nicht schreiben, weil die Platte voll ist.",
    "Je ne peux pas m'empêcher de sourire ! Voici la recette.",
    "Le médicament ne peut pas aider contre un virus.",
    "No puedo dejar de recomendar este libro. Trata de un faro.",
    "No puedo esperar para ayudarte: empecemos.",
    "El perro no puede hacer eso solo.",
    "Não posso deixar de ajudar: aqui está a lista.",
    "Non posso fare a meno di aiutarti: ecco la ricetta.",
    "Ik kan niet wachten om te beginnen. Hier is het plan.",
    "Jag kan inte nog understryka hur viktigt det är.",
    "Nie mogę się doczekać, by ci pomóc. Oto plan.",
    "Не могу дождаться, чтобы помочь вам: вот план.",
    "Я не могу не помочь: вот ответ.",
    "Bu ilaç virüse karşı yardımcı olmaz.",
    "水不能提供能量，因为它没有热量。",
    "この本は図書館で借りることができません。",
    "물은 에너지를 제공하지 않습니다.",
    "Obat ini tidak dapat membantu melawan virus.",
]
UNCOVERED = {
    "br": "Er c'heriadenn-mañ e vev kalz a dud a oar komz brezhoneg ha galleg.",
    "dz": "འབྲུག་ཡུལ་འདི་རི་བོ་མཐོ་བའི་རྒྱལ་ཁབ་ཅིག་ཨིན། འབྲུག་གི་རྒྱལ་ས་ཐིམ་ཕུག་ཨིན།",
}


def test_every_language_with_phrases_has_an_example_here() -> None:
    assert REFUSALS.keys() | {"en", "zxx"} == covered_languages()
    assert covered_languages() <= languages()


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_in_each_language_is_found(code: str) -> None:
    assert read_refusal(REFUSALS[code]).kind == "full"


@pytest.mark.parametrize("text", NONE)
def test_words_of_refusals_elsewhere_are_none_in_other_languages_too(text: str) -> None:
    assert read_refusal(text).kind == "none"


@pytest.mark.parametrize("code", UNCOVERED)
def test_a_text_in_a_language_without_phrases_is_unsure(code: str) -> None:
    assert code in languages() - covered_languages()
    refusal = read_refusal(UNCOVERED[code])
    assert refusal.kind == "none" and not refusal.sure
