"""What mail programs write around an answer, in the languages of the experts. We do not know what we sent."""

import pytest

from app.mail.reply import extract_text

ANSWER = "Rest the knee for two weeks.\n\nThen begin to walk again."
OTHER = "Dear Guru, my knee hurts since the run.\n\nWhat shall I do?"

ATTRIBUTIONS = {
    "en": "On Thu, Jan 9, 2014 at 8:16 PM Ask The Guru <q@column.test> wrote:",
    "en, dashes": "---- On Thu, 09 Jan 2014 20:16:43 +0100 q@column.test wrote ----",
    "en, AOL": "In a message dated 1/9/2014 8:16:43 P.M. Central European Time, q@column.test writes:",
    "en, Horde": "Quoting Ask The Guru <q@column.test>:",
    "no words": "2014-01-09 20:16 GMT+01:00 Ask The Guru <q@column.test>:",
    "no words, Yandex": '09.01.2014, 20:16, "Ask The Guru" <q@column.test>:',
    "Android": "2014/01/09 Ask The Guru <q@column.test>",
    "de": "Am Do., 9. Jan. 2014 um 20:16 Uhr schrieb Ask The Guru <q@column.test>:",
    "de, no address": "Am 09.01.2014 um 20:16 schrieb Ask The Guru:",
    "de, name first": "Ask The Guru schrieb am 09.01.2014 um 20:16:",
    "de, Horde": "Zitat von Ask The Guru <q@column.test>:",
    "fr": "Le jeu. 9 janv. 2014 à 20:16, Ask The Guru <q@column.test> a écrit :",
    "es": "El jue, 9 ene 2014 a las 20:16, Ask The Guru (<q@column.test>) escribió:",
    "pt": "Em qui., 9 de jan. de 2014 às 20:16, Ask The Guru <q@column.test> escreveu:",
    "pt, Horde": "Citando Ask The Guru <q@column.test>:",
    "it": "Il giorno gio 9 gen 2014 alle ore 20:16 Ask The Guru <q@column.test> ha scritto:",
    "nl": "Op do 9 jan. 2014 om 20:16 schreef Ask The Guru <q@column.test>:",
    "nl, Apple": "Op 9 jan. 2014, om 20:16 heeft Ask The Guru <q@column.test> het volgende geschreven:",
    "pl": "czw., 9 sty 2014 o 20:16 Ask The Guru <q@column.test> napisał(a):",
    "pl, Apple": "W dniu 9 stycznia 2014 20:16 użytkownik Ask The Guru <q@column.test> napisał:",
    "cs": "čt 9. 1. 2014 v 20:16 odesílatel Ask The Guru <q@column.test> napsal:",
    "da": "Den tor. 9. jan. 2014 kl. 20.16 skrev Ask The Guru <q@column.test>:",
    "sv": "Den tors 9 jan. 2014 kl 20:16 skrev Ask The Guru <q@column.test>:",
    "no": "tor. 9. jan. 2014 kl. 20:16 skrev Ask The Guru <q@column.test>:",
    "fi": "to 9. tammik. 2014 klo 20.16 Ask The Guru (q@column.test) kirjoitti:",
    "hu": "Ask The Guru <q@column.test> ezt írta (időpont: 2014. jan. 9., Cs, 20:16):",
    "ro": "În joi, 9 ian. 2014 la 20:16, Ask The Guru <q@column.test> a scris:",
    "el": "Στις Πέμ 9 Ιαν 2014 στις 8:16 μ.μ., ο χρήστης Ask The Guru <q@column.test> έγραψε:",
    "ru": "чт, 9 янв. 2014 г. в 20:16, Ask The Guru <q@column.test>:",
    "ru, Mail.ru": "Четверг, 9 января 2014, 20:16 +03:00 от Ask The Guru <q@column.test>:",
    "ru, Apple": "9 янв. 2014 г., в 20:16, Ask The Guru <q@column.test> написал(а):",
    "uk": "чт, 9 січ. 2014 р. о 20:16 Ask The Guru <q@column.test> пише:",
    "tr": "Ask The Guru <q@column.test>, 9 Oca 2014 Per, 20:16 tarihinde şunu yazdı:",
    "ar": "في الخميس، 9 يناير 2014 في 8:16 م تمت كتابة ما يلي بواسطة Ask The Guru <q@column.test>:",
    "he": (
        "\u202bבתאריך יום ה׳, 9 בינו׳ 2014 ב-20:16 מאת \u202aAsk The Guru\u202c\u200f "
        "<\u202aq@column.test\u202c\u200f>:\u202c"
    ),
    "zh": "Ask The Guru <q@column.test> 于2014年1月9日周四 20:16写道：",
    "zh, Apple": "在 2014年1月9日，下午8:16，Ask The Guru <q@column.test> 写道：",
    "zh, Taiwan": "Ask The Guru <q@column.test> 於 2014年1月9日 週四 下午8:16寫道：",
    "ja": "2014年1月9日(木) 20:16 Ask The Guru <q@column.test>:",
    "ja, Apple": "2014/01/09 20:16、Ask The Guru <q@column.test>のメール:",
    "ko": "2014년 1월 9일 (목) 오후 8:16, Ask The Guru <q@column.test>님이 작성:",
    "vi": "Vào Th 5, 9 thg 1, 2014 vào lúc 20:16 Ask The Guru <q@column.test> đã viết:",
    "pt, Thunderbird": "Às 20:16 de 09/01/2014, Ask The Guru escreveu:",
    "fi, Thunderbird": "Ask The Guru kirjoitti 9.1.2014 klo 20.16:",
    "hu, Thunderbird": "2014. 01. 09. 20:16 keltezéssel, Ask The Guru írta:",
    "hu, Apple": "2014. jan. 9. dátummal, 20:16 időpontban Ask The Guru <q@column.test> írta:",
    "zh, Taiwan, Thunderbird": "Ask The Guru 於 2014/1/9 20:16 寫道:",
    "ru, Roundcube": "Ask The Guru писал(а) 2014-01-09 20:16:",
    "pl, Apple, new": "Wiadomość napisana przez Ask The Guru <q@column.test> w dniu 9 sty 2014, o godz. 20:16:",
    "de, Zoho": "---- Am Do, 09 Jan 2014 20:16:43 +0100 schrieb Ask The Guru <q@column.test> ----",
    "nl, Horde": "Citeren Ask The Guru <q@column.test>:",
    "de, name in lower case": "Am 09.01.2014 um 20:16 schrieb Ask guru:",
    "unknown to us, hr": "čet, 9. sij 2014. u 20:16 Ask The Guru <q@column.test> napisao je:",
    "unknown to us, fa": "در تاریخ پنجشنبه ۹ ژانویهٔ ۲۰۱۴، ۲۰:۱۶ Ask The Guru <q@column.test> نوشت:",
    "ca": "El dia dj., 9 de gen. 2014, 20:16, Ask The Guru <q@column.test> va escriure:",
}


def marked(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.split("\n"))


def wrapped_before(line: str, word: str) -> str:
    return line.replace(f" {word}", f"\n{word}", 1)


@pytest.mark.parametrize("line", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS)
@pytest.mark.parametrize("quote", [OTHER, marked(OTHER), ""], ids=["no marks", "marks", "nothing"])
def test_an_attribution_and_what_it_quotes_are_cut(line, quote):
    assert extract_text(f"{ANSWER}\n\n{line}\n\n{quote}\n", "text") == ANSWER


@pytest.mark.parametrize("line", [one for one in ATTRIBUTIONS.values() if " <q@" in one], ids=str.split)
@pytest.mark.parametrize("place", ["before the address", "inside the address"])
def test_and_when_it_is_wrapped(line, place):
    wrapped = wrapped_before(line, "<q@") if place == "before the address" else line.replace("<q@", "<\nq@")
    assert extract_text(f"{ANSWER}\n\n{wrapped}\n\n{OTHER}\n", "text") == ANSWER
    assert extract_text(f"{ANSWER}\n\n{wrapped}\n\n{marked(OTHER)}\n", "text") == ANSWER


HEADERS = {
    "en": ["From", "Sent", "To", "Subject"],
    "de": ["Von", "Gesendet", "An", "Betreff"],
    "fr": ["De ", "Envoyé ", "À ", "Objet "],
    "es": ["De", "Enviado el", "Para", "Asunto"],
    "pt": ["De", "Enviado", "Para", "Assunto"],
    "it": ["Da", "Inviato", "A", "Oggetto"],
    "nl": ["Van", "Verzonden", "Aan", "Onderwerp"],
    "pl": ["Od", "Wysłano", "Do", "Temat"],
    "cs": ["Od", "Odesláno", "Komu", "Předmět"],
    "da": ["Fra", "Sendt", "Til", "Emne"],
    "sv": ["Från", "Skickat", "Till", "Ämne"],
    "no": ["Fra", "Dato", "Til", "Emne"],
    "fi": ["Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"],
    "hu": ["Feladó", "Elküldve", "Címzett", "Tárgy"],
    "ro": ["De la", "Trimis", "Către", "Subiect"],
    "el": ["Από", "Στάλθηκε", "Προς", "Θέμα"],
    "ru": ["От", "Отправлено", "Кому", "Тема"],
    "uk": ["Від", "Надіслано", "Кому", "Тема"],
    "tr": ["Kimden", "Gönderildi", "Kime", "Konu"],
    "ar": ["من", "تاريخ الإرسال", "إلى", "الموضوع"],
    "he": ["מאת", "נשלח", "אל", "נושא"],
    "zh": ["发件人", "发送时间", "收件人", "主题"],
    "zh, Taiwan": ["寄件者", "寄件日期", "收件者", "主旨"],
    "ja": ["差出人", "送信日時", "宛先", "件名"],
    "ko": ["보낸 사람", "보낸 날짜", "받는 사람", "제목"],
    "vi": ["Từ", "Đã gửi", "Đến", "Chủ đề"],
    "ca": ["De", "Enviat", "Per a", "Assumpte"],
}
VALUES = ["Ask The Guru <q@column.test>", "9 January 2014 20:16", "The Guru <guru@expert.test>", "Becky asks"]


@pytest.mark.parametrize("names", HEADERS.values(), ids=HEADERS)
@pytest.mark.parametrize("form", ["{}: {}", "*{}:* {}", "{}：{}"])
@pytest.mark.parametrize("above", ["", "________________________________\n"])
def test_a_block_of_headers_and_all_below_it_are_cut(names, form, above):
    block = "\n".join(form.format(name, value) for name, value in zip(names, VALUES, strict=True))
    assert extract_text(f"{ANSWER}\n\n{above}{block}\n\n{OTHER}\n", "text") == ANSWER


MARKERS = [
    "-----Original Message-----",
    "-------- Ursprüngliche Nachricht --------",
    "-------- Message d'origine --------",
    "-------- Mensaje original --------",
    "-------- Mensagem original --------",
    "-------- Messaggio originale --------",
    "-------- Oorspronkelijk bericht --------",
    "-------- Oryginalna wiadomość --------",
    "---------- Původní zpráva ----------",
    "-------- Oprindelig besked --------",
    "-------- Originalmeddelande --------",
    "-------- Opprinnelig melding --------",
    "-------- Alkuperäinen viesti --------",
    "-------- Eredeti üzenet --------",
    "-------- Mesaj original --------",
    "-------- Αρχικό μήνυμα --------",
    "-------- Исходное сообщение --------",
    "-------- Оригінальне повідомлення --------",
    "-------- Orijinal mesaj --------",
    "-------- الرسالة الأصلية --------",
    "-------- הודעה מקורית --------",
    "------------------ 原始邮件 ------------------",
    "-------- 元のメッセージ --------",
    "-------- 원본 메시지 --------",
    "-------- Thư gốc --------",
    "-------- Missatge original --------",
    "-- Please reply above this line --",
    "##- Bitte geben Sie Ihre Antwort oberhalb dieser Zeile ein -##",
    "---------- Forwarded message ---------",
    "Anfang der weitergeleiteten Nachricht:",
]


@pytest.mark.parametrize("marker", MARKERS)
def test_what_stands_below_a_marker_is_cut(marker):
    assert extract_text(f"{ANSWER}\n\n{marker}\n\n{OTHER}\n", "text") == ANSWER


TAGLINES = [
    "Sent from my iPhone",
    "Sent from my Quux Pocket 5G",
    "Sent from Mail<https://go.example/?LinkId=1> for Windows 10",
    "Sent from Outlook for iOS",
    "Sent from Yahoo Mail on Android",
    "Sent with Proton Mail secure email.",
    "Get BlueMail for Android",
    "Von meinem iPhone gesendet",
    "Von meinem Samsung Galaxy Smartphone gesendet.",
    "Gesendet mit der mobilen Mail App",
    "Outlook für iOS beziehen",
    "Envoyé de mon iPhone",
    "Envoyé depuis mon appareil Galaxy",
    "Enviado desde mi iPhone",
    "Enviado do meu iPhone",
    "Enviado do Email para Windows 10",
    "Inviato da iPhone",
    "Verstuurd vanaf mijn iPhone",
    "Wysłane z iPhone'a",
    "Odesláno z iPhonu",
    "Sendt fra min iPhone",
    "Skickat från min iPhone",
    "Lähetetty iPhonesta",
    "Lähetetty laitteesta iPhone",
    "Küldve az iPhone-omról",
    "Trimis de pe iPhone",
    "Στάλθηκε από το iPhone μου",
    "Отправлено с iPhone",
    "Отправлено из мобильной Почты Mail.ru",
    "Надіслано з iPhone",
    "iPhone'umdan gönderildi",
    "أرسلت من الـ iPhone",
    "נשלח מה-iPhone שלי",
    "发自我的 iPhone",
    "從我的 iPhone 傳送",
    "iPhoneから送信",
    "나의 iPhone에서 보냄",
    "Đã gửi từ iPhone của tôi",
    "Enviat des del meu iPhone",
]


@pytest.mark.parametrize("line", TAGLINES)
def test_the_line_of_a_device_is_cut(line):
    assert extract_text(f"{ANSWER}\n\n{line}\n", "text") == ANSWER
    assert extract_text(f"{ANSWER}\n\n{line}\n\n{ATTRIBUTIONS['en']}\n{marked(OTHER)}\n", "text") == ANSWER
