"""Forwarded mails, as programs mark them in many languages: cut, and called by their name."""

import pytest

from app.mail.reply import Reply, SegmentKind, published_text, read_reply
from tests.mail.reply.reply_mails import SENT, mail

ANSWER = "Please see below, a colleague knows more."

FORWARDS = {
    "gmail en": (
        "---------- Forwarded message ---------\nFrom: Dr. Miller <miller@clinic.test>\n"
        "Date: Thu, Jan 9, 2014 at 8:16 PM\nSubject: knees\nTo: Guru <guru@clinic.test>\n\n"
        "\nRest is best."
    ),
    "gmail de": (
        "---------- Forwarded message ---------\nVon: Dr. Miller <miller@clinic.test>\n"
        "Date: Do., 9. Jan. 2014 um 20:16 Uhr\nSubject: knees\n"
        "To: Guru <guru@clinic.test>\n\n\nRest is best."
    ),
    "gmail fr": (
        "---------- Forwarded message ---------\nDe : Dr. Miller <miller@clinic.test>\n"
        "Date: jeu. 9 janv. 2014 à 20:16\nSubject: knees\nTo: Guru <guru@clinic.test>\n\n\n"
        "Rest is best."
    ),
    "gmail es": (
        "---------- Forwarded message ---------\nDe: Dr. Miller <miller@clinic.test>\n"
        "Date: jue, 9 ene 2014 a las 20:16\nSubject: knees\nTo: <guru@clinic.test>\n\n\n"
        "Rest is best."
    ),
    "gmail it": (
        "---------- Forwarded message ---------\nDa: Dr. Miller <miller@clinic.test>\n"
        "Date: gio 9 gen 2014 alle ore 20:16\nSubject: knees\nTo: <guru@clinic.test>\n\n\n"
        "Rest is best."
    ),
    "gmail ru": (
        "---------- Forwarded message ---------\nОт: Dr. Miller <miller@clinic.test>\n"
        "Date: чт, 9 янв. 2014 г. в 20:16\nSubject: knees\nTo: <guru@clinic.test>\n\n\n"
        "Rest is best."
    ),
    "gmail ja": (
        "---------- Forwarded message ---------\n差出人: Dr. Miller <miller@clinic.test>\n"
        "Date: 2014年1月9日(木) 20:16\nSubject: knees\nTo: <guru@clinic.test>\n\n\nRest is best."
    ),
    "apple en": (
        "Begin forwarded message:\n\n> From: Dr. Miller <miller@clinic.test>\n"
        "> Subject: knees\n> Date: 9 January 2014 at 20:16:00 GMT\n"
        "> To: guru@clinic.test\n> \n> Rest is best."
    ),
    "apple de": (
        "Anfang der weitergeleiteten Nachricht:\n\n"
        "> Von: Dr. Miller <miller@clinic.test>\n> Betreff: knees\n"
        "> Datum: 9. Januar 2014 um 20:16:00 MEZ\n> An: guru@clinic.test\n> \n"
        "> Rest is best."
    ),
    "apple fr": (
        "Début du message réexpédié :\n\n> De: Dr. Miller <miller@clinic.test>\n"
        "> Objet: knees\n> Date: 9 janvier 2014 à 20:16:00 UTC+1\n> À: guru@clinic.test\n"
        "> \n> Rest is best."
    ),
    "apple it": (
        "Inizio messaggio inoltrato:\n\n> Da: Dr. Miller <miller@clinic.test>\n"
        "> Oggetto: knees\n> Data: 9 gennaio 2014 20:16:00 CET\n> A: guru@clinic.test\n> \n"
        "> Rest is best."
    ),
    "apple es": (
        "Inicio del mensaje reenviado:\n\n> De: Dr. Miller <miller@clinic.test>\n"
        "> Asunto: knees\n> Fecha: 9 de enero de 2014, 20:16:00 CET\n"
        "> Para: guru@clinic.test\n> \n> Rest is best."
    ),
    "apple nl": (
        "Begin doorgestuurd bericht:\n\n> Van: Dr. Miller <miller@clinic.test>\n"
        "> Onderwerp: knees\n> Datum: 9 januari 2014 om 20:16:00 CET\n"
        "> Aan: guru@clinic.test\n> \n> Rest is best."
    ),
    "tb en": (
        "-------- Forwarded Message --------\nSubject: \tknees\n"
        "Date: \tThu, 9 Jan 2014 20:16:43 +0100\nFrom: \tDr. Miller <miller@clinic.test>\n"
        "To: \tguru@clinic.test\n\n\n\nRest is best."
    ),
    "tb de": (
        "-------- Weitergeleitete Nachricht --------\nBetreff: \tknees\n"
        "Datum: \tThu, 9 Jan 2014 20:16:43 +0100\nVon: \tDr. Miller <miller@clinic.test>\n"
        "An: \tguru@clinic.test\n\n\n\nRest is best."
    ),
    "tb fr": (
        "-------- Message transféré --------\nSujet : \tknees\n"
        "Date : \tThu, 9 Jan 2014 20:16:43 +0100\nDe : \tDr. Miller <miller@clinic.test>\n"
        "Pour : \tguru@clinic.test\n\n\n\nRest is best."
    ),
    "tb es": (
        "-------- Mensaje reenviado --------\nAsunto: \tknees\n"
        "Fecha: \tThu, 9 Jan 2014 20:16:43 +0100\nDe: \tDr. Miller <miller@clinic.test>\n"
        "Para: \tguru@clinic.test\n\n\n\nRest is best."
    ),
    "tb it": (
        "-------- Messaggio Inoltrato --------\nOggetto: \tknees\n"
        "Data: \tThu, 9 Jan 2014 20:16:43 +0100\n"
        "Mittente: \tDr. Miller <miller@clinic.test>\nA: \tguru@clinic.test\n\n\n\n"
        "Rest is best."
    ),
    "tb nl": (
        "-------- Doorgestuurd bericht --------\nOnderwerp: \tknees\n"
        "Datum: \tThu, 9 Jan 2014 20:16:43 +0100\nVan: \tDr. Miller <miller@clinic.test>\n"
        "Aan: \tguru@clinic.test\n\n\n\nRest is best."
    ),
    "tb pl": (
        "-------- Przekazana wiadomość --------\nTemat: \tknees\n"
        "Data: \tThu, 9 Jan 2014 20:16:43 +0100\n"
        "Nadawca: \tDr. Miller <miller@clinic.test>\nAdresat: \tguru@clinic.test\n\n\n\n"
        "Rest is best."
    ),
    "tb sv": (
        "-------- Vidarebefordrat meddelande --------\nÄmne: \tknees\n"
        "Datum: \tThu, 9 Jan 2014 20:16:43 +0100\nFrån: \tDr. Miller <miller@clinic.test>\n"
        "Till: \tguru@clinic.test\n\n\n\nRest is best."
    ),
    "tb ru": (
        "-------- Перенаправленное сообщение --------\nТема: \tknees\n"
        "Дата: \tThu, 9 Jan 2014 20:16:43 +0100\nОт: \tDr. Miller <miller@clinic.test>\n"
        "Кому: \tguru@clinic.test\n\n\n\nRest is best."
    ),
    "tb ja": (
        "-------- 転送メッセージ --------\n件名: \tknees\n日付: \tThu, 9 Jan 2014 20:16:43 +0100\n"
        "送信元: \tDr. Miller <miller@clinic.test>\n宛先: \tguru@clinic.test\n\n\n\nRest is best."
    ),
    "tb tr": (
        "-------- İletilmiş İleti --------\nKonu: \tknees\n"
        "Tarih: \tThu, 9 Jan 2014 20:16:43 +0100\n"
        "Kimden: \tDr. Miller <miller@clinic.test>\nKime: \tguru@clinic.test\n\n\n\n"
        "Rest is best."
    ),
    "yahoo": (
        "----- Forwarded Message -----\nFrom: Dr. Miller <miller@clinic.test>\n"
        "To: Guru <guru@clinic.test>\nSent: Thursday, January 9, 2014 8:16 PM\n"
        "Subject: knees\n\nRest is best."
    ),
    "kmail": (
        "----------  Forwarded Message  ----------\n\nSubject: knees\n"
        "Date: Thursday, 9 January 2014, 20:16:43 CET\n"
        "From: Dr. Miller <miller@clinic.test>\nTo: guru@clinic.test\n\nRest is best.\n"
        "-------------------------------------------------------"
    ),
    "evolution": (
        "-------- Forwarded Message --------\nFrom: Dr. Miller <miller@clinic.test>\n"
        "To: guru@clinic.test\nSubject: knees\nDate: 09/01/14 20:16:43\n\nRest is best."
    ),
    "mutt": (
        "----- Forwarded message from Dr. Miller <miller@clinic.test> -----\n\n"
        "Date: Thu, 9 Jan 2014 20:16:43 +0100\nFrom: Dr. Miller <miller@clinic.test>\n"
        "To: guru@clinic.test\nSubject: knees\n\nRest is best.\n\n"
        "----- End forwarded message -----"
    ),
    "gnus": (
        "-------------------- Start of forwarded message --------------------\n"
        "From: Dr. Miller <miller@clinic.test>\nSubject: knees\nTo: guru@clinic.test\n"
        "Date: Thu, 9 Jan 2014 20:16:43 +0100\n\nRest is best.\n"
        "-------------------- End of forwarded message --------------------"
    ),
    "notes": (
        "----- Forwarded by Guru/Clinic on 09/01/2014 20:16 -----\n\n"
        "From:\tDr. Miller <miller@clinic.test>\nTo:\tguru@clinic.test\n"
        "Date:\t09/01/2014 20:16\nSubject:\tknees\n\nRest is best."
    ),
    "yandex": (
        "-------- Пересылаемое сообщение --------\n"
        '09.01.2014, 20:16, "Dr. Miller" <miller@clinic.test>:\n\nRest is best.\n\n'
        "-------- Конец пересылаемого сообщения --------"
    ),
    "mailru": (
        "-------- Пересылаемое сообщение --------\nОт: Dr. Miller <miller@clinic.test>\n"
        "Кому: guru@clinic.test\nДата: Четверг, 9 января 2014, 20:16 +03:00\nТема: knees\n"
        "\nRest is best."
    ),
    "proton": (
        "------- Forwarded Message -------\nFrom: Dr. Miller <miller@clinic.test>\n"
        "Date: On Thursday, January 9th, 2014 at 20:16\nSubject: knees\n"
        "To: guru@clinic.test <guru@clinic.test>\n\n\n> Rest is best."
    ),
    "zoho": (
        "============ Forwarded message ============\n"
        "From: Dr. Miller <miller@clinic.test>\nTo: <guru@clinic.test>\n"
        "Date: Thu, 09 Jan 2014 20:16:43 +0100\nSubject: knees\n"
        "============ Forwarded message ============\n\nRest is best."
    ),
    "zh": (
        "---------- 转发的邮件 ---------\n发件人： Dr. Miller <miller@clinic.test>\n"
        "日期： 2014年1月9日周四 20:16\n主题： knees\n收件人： <guru@clinic.test>\n\nRest is best."
    ),
    "ko": (
        "---------- 전달된 메일 ----------\n보낸사람: Dr. Miller <miller@clinic.test>\n"
        "날짜: 2014년 1월 9일 (목) 오후 8:16\n제목: knees\n받는사람: <guru@clinic.test>\n\nRest is best."
    ),
    "pt": (
        "---------- Mensagem encaminhada ----------\n"
        "De: Dr. Miller <miller@clinic.test>\nData: 9 de janeiro de 2014 20:16\n"
        "Assunto: knees\nPara: guru@clinic.test\n\nRest is best."
    ),
    "cs": (
        "---------- Přeposlaná zpráva ---------\nOd: Dr. Miller <miller@clinic.test>\n"
        "Datum: čt 9. 1. 2014 v 20:16\nPředmět: knees\nKomu: guru@clinic.test\n\n"
        "Rest is best."
    ),
    "hu": (
        "---------- Továbbított üzenet ----------\n"
        "Feladó: Dr. Miller <miller@clinic.test>\nDátum: 2014. január 9. 20:16\n"
        "Tárgy: knees\nCímzett: guru@clinic.test\n\nRest is best."
    ),
    "el": (
        "---------- Προωθημένο μήνυμα ----------\nΑπό: Dr. Miller <miller@clinic.test>\n"
        "Ημερομηνία: 9 Ιανουαρίου 2014 8:16 μ.μ.\nΘέμα: knees\nΠρος: guru@clinic.test\n\n"
        "Rest is best."
    ),
    "fi": (
        "---------- Edelleenlähetetty viesti ----------\n"
        "Lähettäjä: Dr. Miller <miller@clinic.test>\n"
        "Päivämäärä: 9. tammikuuta 2014 20.16\nAihe: knees\n"
        "Vastaanottaja: guru@clinic.test\n\nRest is best."
    ),
    "da": (
        "---------- Videresendt meddelelse ----------\n"
        "Fra: Dr. Miller <miller@clinic.test>\nDato: 9. januar 2014 20.16\nEmne: knees\n"
        "Til: guru@clinic.test\n\nRest is best."
    ),
    "no": (
        "---------- Videresendt melding ----------\n"
        "Fra: Dr. Miller <miller@clinic.test>\nDato: 9. januar 2014 20:16\nEmne: knees\n"
        "Til: guru@clinic.test\n\nRest is best."
    ),
    "ro": (
        "---------- Mesaj redirecționat ----------\n"
        "De la: Dr. Miller <miller@clinic.test>\nData: 9 ianuarie 2014 20:16\n"
        "Subiect: knees\nCătre: guru@clinic.test\n\nRest is best."
    ),
    "uk": (
        "---------- Переслане повідомлення ----------\n"
        "Від: Dr. Miller <miller@clinic.test>\nДата: 9 січня 2014 р. 20:16\nТема: knees\n"
        "Кому: guru@clinic.test\n\nRest is best."
    ),
    "ar": (
        "---------- رسالة معاد توجيهها ----------\nمن: Dr. Miller <miller@clinic.test>\n"
        "التاريخ: 9 يناير 2014\nالموضوع: knees\nإلى: guru@clinic.test\n\nRest is best."
    ),
    "he": (
        "---------- הודעה שהועברה ----------\nמאת: Dr. Miller <miller@clinic.test>\n"
        "תאריך: 9 בינואר 2014\nנושא: knees\nאל: guru@clinic.test\n\nRest is best."
    ),
    "vi": (
        "---------- Thư đã chuyển tiếp ----------\nTừ: Dr. Miller <miller@clinic.test>\n"
        "Ngày: 9 tháng 1, 2014\nChủ đề: knees\nĐến: guru@clinic.test\n\nRest is best."
    ),
    "ca": (
        "---------- Missatge reenviat ----------\nDe: Dr. Miller <miller@clinic.test>\n"
        "Data: 9 gener 2014\nAssumpte: knees\nPer a: guru@clinic.test\n\nRest is best."
    ),
    "tr gmail": (
        "---------- Forwarded message ---------\n"
        "Gönderen: Dr. Miller <miller@clinic.test>\nDate: 9 Oca 2014 Per, 20:16\n"
        "Subject: knees\nTo: <guru@clinic.test>\n\n\nRest is best."
    ),
}
GMAIL_HTML = (
    '<div dir="ltr">Please see below, a colleague knows more.<br><br><div class="gmail_quote gmail_quote_container">'
    '<div dir="ltr" class="gmail_attr">---------- Forwarded message ---------<br>От: <strong '
    'class="gmail_sendername">Dr. Miller</strong> <span>&lt;m@clinic.test&gt;</span><br>Date: чт, 9 янв. 2014 г. в '
    "20:16<br>Subject: knees<br>To: &lt;guru@clinic.test&gt;<br></div><br><br><div>Rest is best.</div></div></div>"
)


def is_forward(reply: Reply) -> bool:
    found = [(one.kind, one.reason) for one in reply.segments]
    return (SegmentKind.FORWARDED, "forwarded-message") in found


@pytest.mark.parametrize("forward", FORWARDS.values(), ids=FORWARDS)
@pytest.mark.parametrize("sent", [SENT, None], ids=["sent", "not sent"])
def test_a_forwarded_mail_is_cut_and_says_so(forward, sent):
    for answer in (ANSWER, ""):
        reply = read_reply(mail(f"{answer}\n\n{forward}\n"), sent=sent)
        assert reply.published() == answer
        assert is_forward(reply)


@pytest.mark.parametrize("sent", [SENT, None], ids=["sent", "not sent"])
def test_also_in_the_html_of_gmail(sent):
    reply = read_reply(mail(GMAIL_HTML, content_type="text/html"), sent=sent)
    assert reply.published() == ANSWER
    assert is_forward(reply)


@pytest.mark.parametrize("name", ["mutt", "gnus", "yandex", "apple de"])
@pytest.mark.parametrize("sent", [SENT, None], ids=["sent", "not sent"])
def test_what_stands_below_its_end_is_hers(name, sent):
    text = f"{ANSWER}\n\n{FORWARDS[name]}\n\nI agree with every word of it.\n"
    assert published_text(mail(text), sent=sent).split() == f"{ANSWER} I agree with every word of it.".split()


@pytest.mark.parametrize(
    "line", ["Forwarded to a surgeon:", "--- forwarded to Anna, who wrote to me ---", "Fwd: knees"]
)
@pytest.mark.parametrize("sent", [SENT, None], ids=["sent", "not sent"])
def test_her_own_words_about_forwarding_stay(line, sent):
    text = f"{ANSWER}\n\n{line}\n\nRest is best.\n"
    assert published_text(mail(text), sent=sent).split() == text.split()
