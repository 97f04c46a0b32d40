"""A language is told where the text is long enough to tell it, and not guessed elsewhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.classify.language import LONGEST, language_of

SENTENCES = {
    "en": "I was charged twice for my subscription, please send the money back.",
    "de": "Wo ist meine Bestellung geblieben? Ich warte seit drei Wochen auf das Paket.",
    "fr": "Je n'ai toujours pas reçu la facture de ma dernière commande.",
    "es": "Todavía no he recibido el reembolso de mi último pedido.",
    "pl": "Nie mogę się zalogować na swoje konto od wczoraj wieczorem.",
    "ja": "注文した商品がまだ届いていません。",
    "zh": "我上个月的账单金额不对请帮我核对一下。",
    "ru": "Мой заказ до сих пор не пришёл, прошу вернуть деньги.",
    "ar": "لم أستلم طلبي حتى الآن وأريد استرداد المبلغ",
}


@pytest.mark.parametrize(("code", "text"), SENTENCES.items())
def test_sentences_of_many_languages_are_told(code: str, text: str) -> None:
    """A sentence of everyday support is enough."""
    assert language_of(text) == code


@pytest.mark.parametrize(
    "text",
    ["", "ok", "Hola", "12345", "order_id=8812 sku=AA-12 qty=4", "https://example.com/a/b", "{}[]()<>"],
)
def test_what_is_too_short_or_no_language_is_not_guessed(text: str) -> None:
    """Numbers, keys, addresses and a single word say nothing."""
    assert not language_of(text)


def test_what_stands_far_behind_changes_nothing() -> None:
    """The time it takes is bounded: only the beginning of a text is looked at."""
    text = (SENTENCES["de"] + " ") * 20
    assert language_of(text[:LONGEST] + SENTENCES["fr"] * 100) == "de"


@given(st.text(max_size=200))
def test_any_text_has_one_language_or_none(text: str) -> None:
    """Half a surrogate pair, control signs, anything: the answer is a code or nothing."""
    assert len(language_of(text)) in {0, 2, 3}
    assert len(language_of(text + "\ud800")) in {0, 2, 3}
