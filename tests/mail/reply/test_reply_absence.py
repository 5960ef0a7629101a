import pytest
from app.mail.reply.absence import is_absence_note

SUBJECTS = [
    "Out of Office: your question",
    "Automatic reply: your question",
    "Automatische Antwort: Ihre Frage",
    "Abwesenheitsnotiz",
    "Réponse automatique : votre question",
    "Respuesta automática: su pregunta",
    "Resposta automática: a sua pergunta",
    "Risposta automatica: domanda",
    "Automatisch antwoord: vraag",
    "Odpowiedź automatyczna: pytanie",
    "Automatická odpověď: otázka",
    "Automatisk svar: spørgsmål",
    "Autosvar: fråga",
    "Automaattinen vastaus: kysymys",
    "Automatikus válasz: kérdés",
    "Răspuns automat: întrebare",
    "Αυτόματη απάντηση: ερώτηση",
    "Автоматический ответ: вопрос",
    "Автоматична відповідь: питання",
    "Otomatik yanıt: soru",
    "رد تلقائي: سؤال",
    "תשובה אוטומטית: שאלה",
    "自动回复: 问题",
    "自動応答: 質問",
    "자동 회신: 질문",
    "Trả lời tự động: câu hỏi",
    "Resposta automàtica: pregunta",
]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_subject_says_it(subject):
    assert is_absence_note(subject, "")


@pytest.mark.parametrize(
    "text",
    [
        "I am out of the office, on annual leave, until Monday.",
        "Ich bin im Urlaub und nicht im Büro. In dringenden Fällen schreiben Sie Anna.",
        "Je suis absent du bureau, en congés jusqu'au 3 mai.",
    ],
)
def test_or_the_first_words_of_a_short_text(text):
    assert is_absence_note("Re: your question", text)


@pytest.mark.parametrize(
    "text",
    ["Rest the knee.", "When you are on vacation, swim.", "", "I was out of the office. " + "Rest the knee. " * 60],
)
def test_an_answer_is_none(text):
    assert not is_absence_note("Re: Becky asks for Physiotherapy Advice", text)
