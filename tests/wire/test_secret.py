"""Keys, passwords and addresses are masked at their length; prose, code and names are left alone."""

import base64
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelmix.classify.template import fingerprint
from modelmix.wire.secret import MOST_AT_ONCE, masked, masked_keys, masked_value
from wire.secrets import ALNUM, GAPS, NAMED, SECRETS

PROSE = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(PROSE, GAPS, SECRETS, GAPS, PROSE)
def test_no_secret_passes(before: str, left: str, secret: str, right: str, after: str) -> None:
    """Wherever it stands, its text is gone and the length of the whole is the same."""
    text = f"{before}{left}{secret}{right}{after}"
    shown = masked(text)
    assert secret not in shown
    assert len(text) == len(shown)
    for part in secret.replace("@", ".").split("."):
        assert len(part) < 12 or part not in shown


@given(NAMED, PROSE)
def test_a_key_with_a_name_is_found_in_what_is_encoded_too(key: str, text: str) -> None:
    """Where other runs are left alone, it still goes."""
    assert key not in masked_keys(f"{text} {key} {text}")


@given(st.lists(st.text("abcdefghijklmnopqrstuvwxyz,.-'", max_size=12), max_size=30).map(" ".join))
def test_prose_is_left_alone(text: str) -> None:
    """Small letters and their punctuation hold nothing to mask."""
    assert masked(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "getUserAccountInformationByIdentifier2(request)",
        "AbstractSingletonProxyFactoryBeanImplementation",
        "/home/user1/projects/MyApp2/src/components/ButtonGroup/index",
        "test_that_user_1_can_log_in_with_2_factors_and_a_key",
        "a-very-long-kebab-case-identifier-name-here-v2",
        "claude-haiku-4-5-20251001 at 2026-11-25T02:19:47.123456+00:00",
        "left-pad@1.2.3 and @types/node@20.1.0",
        "The password: required field. A token usage is 12345678. Keep it secret, keep it safe.",
        "max_tokens: 20000000, input_tokens=123456789",
        "toolu_01A09q90qw90lq917835lq9 msg_01XFDUDYJgAACzvnptvVoYEL",
        "=" * 80,
        "https://example.com/a/path/that/is/long/enough/to/be/looked/at?x=1",
    ],
)
def test_names_paths_versions_and_ids_are_left_alone(text: str) -> None:
    """What is long without being random is what code and logs are made of."""
    assert masked(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("api_key=abcd1234efgh", "api_key=x0x0x0x0x0x0"),
        ('{"password": "hunter2hunter"}', '{"password": "x0x0x0x0x0x0x"}'),
        ("Authorization: Bearer abcdefgh12345678", "Authorization: Bearer x0x0x0x0x0x0x0x0"),
        ("postgres://bob:hunter22@host:5432/db", "postgres://bob:x0x0x0x0@host:5432/db"),
        ("write to john.doe@example.com.", "write to xxxx.xxx@xxxxxxx.xxx."),
        ("KEYsk-ant-abcdef", "KEYx0x0x0x0x0x0x"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----\nx0x0\nx0x0\n-----END RSA PRIVATE KEY-----",
        ),
    ],
)
def test_what_stands_where_a_secret_stands_is_masked(text: str, shown: str) -> None:
    """A mask covers the secret and nothing beside it."""
    assert masked(text) == shown


def test_random_keys_are_missed_as_rarely_as_it_is_said() -> None:
    """Of base64 keys of 32 characters fewer than 4 in 1,000 pass, of longer ones fewer than 1 in 1,000."""
    chance = Random(5)
    for n_bytes, most in ((24, 20), (30, 5), (48, 1)):
        keys = [base64.b64encode(chance.randbytes(n_bytes)).decode() for _ in range(5000)]
        assert sum(masked(key) == key for key in keys) <= most
    keys = ["".join(chance.choices(ALNUM[26:], k=32)) for _ in range(5000)]
    assert sum(masked(key) == key for key in keys) <= 15


@pytest.mark.parametrize(
    "name", ["password", "client_secret", "API_KEY", "apiKey", "db-passwd", "accessToken"]
)
def test_a_field_that_says_it_is_secret_is_masked_whole(name: str) -> None:
    """Whatever the value looks like, unless it is too short to be one."""
    assert masked_value(name, "correct horse") == "x0x0x0x x0x0x"
    assert masked_value(name, "none") == "none"
    assert masked_value("next_token_name", "correct horse") == "correct horse"


@given(st.integers(0, 40), SECRETS)
def test_a_long_text_is_cut_between_words(shift: int, secret: str) -> None:
    """A secret at the place where a long text is cut is found as any other."""
    text = "a" * (MOST_AT_ONCE - 20 - shift) + " " + secret + " and more " * 9000
    shown = masked(text)
    assert secret not in shown
    assert len(text) == len(shown)


@given(SECRETS)
def test_a_template_is_the_same_without_its_secret(secret: str) -> None:
    """A masked system prompt is of the type that it was of before."""
    system = f"You answer letters. Use {secret} for the archive. Be brief and kind."
    before, after = fingerprint(system), fingerprint(masked(system))
    assert before.sha == after.sha or secret.isalpha() or not any(map(str.isdigit, secret))


@pytest.mark.parametrize(
    "unit",
    ["a", "A1", "a@", "token ", "://a:", "-----BEGIN PRIVATE KEY-----", "sk-", "eyJ", "a.", "password="],
)
def test_a_mask_is_a_matter_of_length_alone(unit: str) -> None:
    """Texts made to be slow keep their length, and masking twice keeps it again."""
    text = unit * (200_000 // len(unit))
    assert len(masked(masked(text))) == len(text)
