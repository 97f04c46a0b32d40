"""A spec: which grader is to grade which task type, in the words of ``--grader``.

::

    spec    := [task type "="] kind ["@" version] [":" option ("," option)*]
    option  := name | name "=" value

Kinds with their options: ``exact`` (``ignore_case``), ``label`` (``labels=a|b|c``, ``no_answer=NONE``),
``numeric`` (``tolerance=0.01``, ``relative=1%``), ``json_fields`` (``mean``, ``unordered``, ``prose``),
``json_schema``, ``tool_call`` (``unordered``, ``names_only``, ``ignore=a|b``), ``contains`` (``all``,
``any``, ``ignore_case``), ``regex`` (``ignore_case``, ``pattern=...``), ``text`` (``articles``),
``similarity`` (``metric=token_f1|rouge_l|edit``, ``least=0.8``), ``code`` (``language=python``,
``tests=FILE``, ``mean``, ``seconds=10``) and ``callable`` (``function=grader.py:grade``, where the option's
name may be left out, ``seconds=10``). The last two also carry the ``sha256`` of what they have read; they are
only described here, and run where processes may be started. A backslash takes the next sign of
a label or name as it is. A pattern is the last option and goes to the end of the spec as it stands.

Judges are written ``judge:rubric``, ``judge:points`` or ``judge:pairwise``, with ``model=MODEL`` and
``effort=EFFORT``, and write themselves as ``judge-rubric@1:model=...,rubric=HASH``. The usual rubric alone is
known by its hash; a user's own comes as a text beside its spec.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches

from modelmix.core.candidate import Candidate
from modelmix.evaluate.graders.code import Code
from modelmix.evaluate.graders.contains import Contains
from modelmix.evaluate.graders.custom import Custom
from modelmix.evaluate.graders.exact import Exact
from modelmix.evaluate.graders.grader import Grader
from modelmix.evaluate.graders.json_fields import JsonFields
from modelmix.evaluate.graders.json_schema import JsonSchema
from modelmix.evaluate.graders.judged import Judged
from modelmix.evaluate.graders.label import Label
from modelmix.evaluate.graders.numeric import Numeric
from modelmix.evaluate.graders.regex import Regex
from modelmix.evaluate.graders.same_text import SameText
from modelmix.evaluate.graders.similarity import Similarity
from modelmix.evaluate.graders.tool_call import ToolCalls
from modelmix.evaluate.judges.judge import HASH_SHOWN, Way, name_of
from modelmix.evaluate.judges.rubric import USUAL

KINDS: Mapping[str, str] = {
    "exact": Exact.name,
    "label": Label.name,
    "numeric": Numeric.name,
    "json_fields": JsonFields.name,
    "json_schema": JsonSchema.name,
    "tool_call": ToolCalls.name,
    "contains": Contains.name,
    "regex": Regex.name,
    **{f"judge-{way}": name_of(way) for way in Way},
    "text": SameText.name,
    "similarity": Similarity.name,
    "code": Code.name,
    "callable": Custom.name,
}
"""Each kind with the name and version that it grades under."""

_FLAGS = {
    "exact": ("ignore_case",),
    "json_fields": ("mean", "unordered", "prose"),
    "tool_call": ("unordered", "names_only"),
    "contains": ("all", "any", "ignore_case"),
    "regex": ("ignore_case",),
    "text": ("articles",),
    "code": ("mean",),
}
_VALUES = {
    "label": ("labels", "no_answer"),
    "numeric": ("tolerance", "relative"),
    "tool_call": ("ignore",),
    "regex": ("pattern",),
    **{f"judge-{way}": ("model", "effort", "rubric") for way in Way},
    "similarity": ("metric", "least"),
    "code": ("language", "tests", "seconds", "sha256"),
    "callable": ("function", "seconds", "sha256"),
}
_TO_THE_END = {"regex": "pattern="}
_KIND = re.compile(rf"(?P<kind>{'|'.join(KINDS)})(?:@(?P<version>\d+))?(?::(?P<options>.*))?", re.DOTALL)
_JUDGE = re.compile(rf"(?P<before>^|.*?=)judge:(?P<way>{'|'.join(Way)})(?:,(?P<options>.*))?", re.DOTALL)
_OPTION = re.compile(r"(?:[^\\,]|\\.)+", re.DOTALL)
_CHOICE = re.compile(r"(?:[^\\|]|\\.)+", re.DOTALL)
_PLAIN_NUMBER = re.compile(r"[-+]?(?=\.?[0-9])[0-9]{0,99}(?:\.[0-9]{0,99})?(?:[eE][-+]?[0-9]{1,3})?")
_LONGEST_QUOTE = 80


@dataclass(frozen=True, slots=True)
class GraderSpec:
    """A grader with what it grades.

    Attributes:
        grader: The grader.
        task_type: The task type it is for, or empty for all.
    """

    grader: Grader
    task_type: str = ""


def parse(text: str) -> GraderSpec:
    """Read a spec; what a grader writes as its own ``spec`` gives the same grader again.

    Raises:
        ValueError: It names no known kind, version or option, or a value that the option does not take.

    >>> parse("invoices=numeric:relative=1%").grader.spec
    'numeric@1:relative=0.01'
    """
    judge = _JUDGE.fullmatch(text)
    if judge:
        options = "" if judge["options"] is None else f":{judge['options']}"
        return parse(f"{judge['before']}judge-{judge['way']}{options}")
    for start in (0, *(at + 1 for at, char in enumerate(text) if char == "=")):
        match = _KIND.fullmatch(text, start)
        if match and text[: max(start - 1, 0)].strip() == "" and start:
            raise ValueError(
                f"grader {_quoted(text)} names an empty task type; write TYPE=KIND, or KIND for all types"
            )
        if match:
            return GraderSpec(_grader(match, text), text[: max(start - 1, 0)])
    word = text.partition(":")[0].rpartition("=")[2].partition("@")[0]
    raise ValueError(
        f"grader {_quoted(text)} is of no known kind {_quoted(word)}; {_hint(word, tuple(KINDS))}"
    )


def _grader(match: re.Match[str], text: str) -> Grader:
    kind, version = match["kind"], match["version"]
    if version is not None and f"{kind}@{version}" != KINDS[kind]:
        raise ValueError(
            f"grader {_quoted(text)} is of another version; this modelmix grades with {KINDS[kind]}"
        )
    options = _options(kind, match["options"] or "", text)
    try:
        if kind.startswith("judge-"):
            return _judged(Way(kind.removeprefix("judge-")), options)
        return _made(kind, options)
    except ValueError as error:
        raise ValueError(f"grader {_quoted(text)} cannot be: {error}") from None


def _options(kind: str, text: str, whole: str) -> dict[str, str]:
    flags, values = _FLAGS.get(kind, ()), _VALUES.get(kind, ())
    found: dict[str, str] = {}
    for option in _parted(kind, text):
        name, mark, value = option.partition("=")
        if name not in (*flags, *values):
            raise ValueError(
                f"grader {_quoted(whole)} has no option {_quoted(name)}; {_hint(name, (*flags, *values))}"
            )
        if bool(value) != (name in values) or bool(mark) != (name in values):
            form = f"{name}=VALUE" if name in values else name
            raise ValueError(f"grader {_quoted(whole)} has an option {_quoted(option)}; write it {form}")
        if name in found:
            raise ValueError(f"grader {_quoted(whole)} has the option {name} twice; give it once")
        found[name] = value
    return found


def _parted(kind: str, text: str) -> list[str]:
    """Part options at their commas; one that goes to the end is left in one piece."""
    if kind == "callable" and text and not text.startswith("function="):
        text = f"function={text}"
    last = _TO_THE_END.get(kind)
    start = 0 if last is None or text.startswith(last) else text.find(f",{last}") + 1
    if last is None or not text.startswith(last, start):
        return _OPTION.findall(text)
    return [*_OPTION.findall(text[:start]), text[start:]]


def _made(kind: str, options: Mapping[str, str]) -> Grader:
    return _MAKERS[kind](options)


def _tool_calls(options: Mapping[str, str]) -> ToolCalls:
    return ToolCalls("unordered" in options, "names_only" in options, _choices(options.get("ignore", "")))


def _contains(options: Mapping[str, str]) -> Contains:
    if "all" in options and "any" in options:
        raise ValueError("all and any exclude each other; leave one out")
    return Contains("any" in options, "ignore_case" in options)


def _regex(options: Mapping[str, str]) -> Regex:
    if "pattern" not in options:
        raise ValueError("it names no pattern; write regex:pattern=...")
    return Regex(options["pattern"], "ignore_case" in options)


def _judged(way: Way, options: Mapping[str, str]) -> Judged:
    if options.get("rubric", USUAL.sha256[:HASH_SHOWN]) != USUAL.sha256[:HASH_SHOWN]:
        raise ValueError("it names a rubric by its hash; give the rubric's text by --rubric")
    if "model" not in options:
        if "effort" in options:
            raise ValueError("it names an effort without a model; add model=MODEL")
        return Judged(way)
    effort = f"@{options['effort']}" if "effort" in options else ""
    return Judged(way, Candidate.parse(options["model"] + effort))


def _similarity(options: Mapping[str, str]) -> Similarity:
    least = _number(options.get("least", "0"))
    if "least" in options and not least:
        raise ValueError("least is 0, which every reply reaches; leave it out to score by the similarity")
    return Similarity(options.get("metric", "token_f1"), least)


def _code(options: Mapping[str, str]) -> Code:
    language = options.get("language", "python")
    if language != "python":
        raise ValueError(f"it runs Python, not {_quoted(language)}; leave language out")
    tests = _unescaped(options.get("tests", ""))
    return Code(tests, "mean" in options, _seconds(options), options.get("sha256", ""))


def _seconds(options: Mapping[str, str]) -> int:
    text = options.get("seconds", "10")
    if not (text.isascii() and text.isdecimal() and len(text) < 4):  # noqa: PLR2004 - up to 999
        raise ValueError(f"seconds is {_quoted(text)}; write a whole number such as 10")
    return int(text)


def _choices(text: str) -> tuple[str, ...]:
    return tuple(_unescaped(word) for word in _CHOICE.findall(text))


def _number(text: str) -> Decimal:
    share = text.strip().removesuffix("%")
    power = "e-2" if share != text.strip() else ""
    try:
        # Underscores and words such as `nan` are numbers to Decimal and to nobody else.
        return Decimal(share + power if _PLAIN_NUMBER.fullmatch(share) else "")
    except InvalidOperation:
        raise ValueError(f"{_quoted(text)} is not a number such as 0.01 or 1%") from None


def _quoted(text: str) -> str:
    return repr(text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "...")


def _unescaped(word: str) -> str:
    return re.sub(r"\\(.)", r"\1", word, flags=re.DOTALL)


def _hint(word: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(word, known, 1)
    if near:
        return f"did you mean {near[0]}?"
    return f"write one of {', '.join(known)}" if known else "this kind takes none"


_MAKERS: Mapping[str, Callable[[Mapping[str, str]], Grader]] = {
    "exact": lambda options: Exact(ignore_case="ignore_case" in options),
    "label": lambda options: Label(
        _choices(options.get("labels", "")), _unescaped(options.get("no_answer", ""))
    ),
    "numeric": lambda options: Numeric(
        _number(options.get("tolerance", "0")), _number(options.get("relative", "0"))
    ),
    "json_fields": lambda options: JsonFields("mean" in options, "unordered" in options, "prose" in options),
    "json_schema": lambda _: JsonSchema(),
    "tool_call": _tool_calls,
    "contains": _contains,
    "regex": _regex,
    "text": lambda options: SameText("articles" in options),
    "similarity": _similarity,
    "code": _code,
    "callable": lambda options: Custom(
        _unescaped(options.get("function", "")), _seconds(options), options.get("sha256", "")
    ),
}
