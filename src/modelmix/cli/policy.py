"""``modelmix policy``: show, check, compare and explain policy files, and the kill switch."""

import json
import sys
from dataclasses import asdict, fields, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from modelmix.cli.console import out, print_json, say
from modelmix.errors import ConfigError
from modelmix.report.plain import counted
from modelmix.settings import load

if TYPE_CHECKING:
    from modelmix.core.capabilities import CapabilityTable
    from modelmix.core.task import Features
    from modelmix.policy.document import PolicyDocument

GUARDRAIL_FAILED = 5
"""Exit code of a check with an error, or of a diff with a move that nothing certifies."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Show, check, compare and explain policy files.",
)

File = Annotated[Path, typer.Argument(metavar="FILE", help="Policy file; - reads standard input.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
OnDay = Annotated[
    str | None, typer.Option("--on", metavar="DAY", help="Judge it on this UTC day; default: today.")
]
Uncertified = Annotated[
    bool, typer.Option("--allow-uncertified", help="As a gateway that takes uncertified routes.")
]


@app.command()
def show(
    file: File, as_json: AsJson = False, on: OnDay = None, allow_uncertified: Uncertified = False
) -> None:
    """Show what a policy proves, and where requests go.

    Each type comes with its route or the reason why it stays.
    """
    from modelmix.policy.artifact import to_policy
    from modelmix.policy.card import card

    document = _read(file)
    policy = to_policy(document, _capabilities(), allow_uncertified=allow_uncertified).on(_day(on))
    if as_json:
        state = {"state": str(policy.state), "not_taken": list(policy.refused)}
        print_json({"schema": "modelmix.policy/1", "file": str(file), **state, "policy": _plain(document)})
    else:
        sys.stdout.write(card(document, policy, out().width))


@app.command()
def check(file: File, as_json: AsJson = False, on: OnDay = None) -> None:
    """Check it against models, prices and the calendar.

    Exit code 5 if something is wrong.
    """
    from modelmix.policy.check import check as findings_of

    document, day = _read(file), _day(on)
    findings = findings_of(document, _capabilities(), load().price_book(), day)
    errors = sum(finding.level == "error" for finding in findings)
    if as_json:
        rows = [asdict(finding) for finding in findings]
        result = {"ok": not errors, "sha256": document.sha256, "findings": rows}
        print_json({"schema": "modelmix.policy-check/1", "file": str(file), "day": str(day), **result})
    else:
        for finding in findings:
            sys.stdout.write(f"{finding.level:<8} {finding.where}: {finding.what}\n")
        warnings = sum(finding.level == "warning" for finding in findings)
        found = f"{counted(errors, 'error')}, {counted(warnings, 'warning')}"
        verdict = "not fit to serve" if errors else "fit to serve"
        sys.stdout.write(f"{file}: {verdict} on {day} ({found})\n")
    if errors:
        raise typer.Exit(GUARDRAIL_FAILED)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The policy as it was.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The policy as it is to be.")],
    form: Annotated[
        Literal["table", "json", "github"], typer.Option("--format", help="How to print it.")
    ] = "table",
    as_json: AsJson = False,
) -> None:
    """Compare two policies, route by route.

    Exit code 5 if a route moves that nothing certifies.
    """
    from modelmix.policy import diff_page
    from modelmix.policy.diff import diff as changes_of
    from modelmix.policy.diff import worst

    changes = changes_of(_read(old), _read(new))
    if as_json or form == "json":
        total = diff_page.total_usd_month(changes)
        rows = [_numbers(asdict(change)) for change in changes]
        summary = {"guardrail": worst(changes), "usd_month": None if total is None else float(total)}
        print_json({"schema": "modelmix.policy-diff/1", **summary, "changes": rows})
    else:
        sys.stdout.write(diff_page.github(changes) if form == "github" else diff_page.text(changes))
    if worst(changes) == "fail":
        raise typer.Exit(GUARDRAIL_FAILED)


@app.command()
def explain(
    file: File,
    *,
    model: Annotated[str, typer.Option(help="Model that the request asks for.")] = "",
    effort: Annotated[str, typer.Option(help="Effort that it asks for; absent: the model's default.")] = "",
    task: Annotated[str, typer.Option(help="Task type that the caller names (modelmix-task).")] = "",
    template: Annotated[str, typer.Option(help="Fingerprint of its system prompt.")] = "",
    feature: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Another feature, such as tools=3; may be repeated."),
    ] = None,
    request: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Body of a request instead of options; - reads input.")
    ] = None,
    as_json: AsJson = False,
    on: OnDay = None,
    allow_uncertified: Uncertified = False,
) -> None:
    """Explain why a request goes where it goes."""
    from modelmix.policy.artifact import to_policy
    from modelmix.policy.explain import explain as explanation_of
    from modelmix.policy.words import short

    document, capabilities = _read(file), _capabilities()
    if request is None:
        features = _features_of_options(model, effort, capabilities)
    else:
        features = _features_of_body(request, task, capabilities)
    features = _with_options(features, task, template, feature or [])
    policy = to_policy(document, capabilities, allow_uncertified=allow_uncertified).on(_day(on))
    found = explanation_of(document, policy, features)
    if as_json:
        row = {**asdict(found), "features": asdict(features), "policy_sha256": document.sha256}
        print_json({"schema": "modelmix.policy-explain/1", **row})
        return
    lines = [
        ("asks for", short(found.requested) + (f", task {features.tag}" if features.tag else "")),
        ("entry", found.entry or "none"),
        ("answered by", short(found.candidate)),
        ("because", found.why),
        ("evidence", found.evidence or "none"),
        ("certificate", found.certificate),
        ("reason", found.reason),
    ]
    sys.stdout.write("".join(f"{name:<12}{value}\n" for name, value in lines))


@app.command()
def off(
    reason: Annotated[str, typer.Option(help="Why; it is kept beside the switch.")] = "",
    as_json: AsJson = False,
) -> None:
    """Stop all routing at once, without a restart.

    Every request is then served as it was asked, until policy on.
    """
    switch = _switch()
    state = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "by": _who(), "reason": reason}
    fresh = switch.with_name(f".{switch.name}.new")
    try:
        switch.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(state) + "\n", encoding="utf-8")
        # A gateway that looks at the same moment sees the whole file or none.
        fresh.replace(switch)
    except OSError as error:
        why = error.strerror or error
        raise ConfigError(f"the kill switch {switch} cannot be written ({why}); name a --home") from error
    if as_json:
        print_json({"schema": "modelmix.policy-switch/1", "routing": "off", "file": str(switch), **state})
    else:
        sys.stdout.write(f"Routing is off: {switch}\n")
        say("Gateways with this home serve every request as asked; modelmix policy on brings routing back.")


@app.command()
def on(as_json: AsJson = False) -> None:
    """Bring routing back after policy off."""
    switch = _switch()
    was_off = switch.exists()
    try:
        switch.unlink(missing_ok=True)
    except OSError as error:
        why = error.strerror or error
        raise ConfigError(f"the kill switch {switch} cannot be removed ({why}); remove it by hand") from error
    if as_json:
        result = {"routing": "on", "file": str(switch), "was_off": was_off}
        print_json({"schema": "modelmix.policy-switch/1", **result})
    else:
        sys.stdout.write(f"Routing is on{' again' if was_off else ', as it was'}: {switch} is not there\n")


@app.command()
def schema() -> None:
    """Print the JSON Schema of the policy file, for editors."""
    from modelmix.policy.schema import schema as schema_of

    sys.stdout.write(schema_of().decode())


def _who() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that no user has.
        return "unknown"


def _switch() -> Path:
    from modelmix.policy.base import KILL_SWITCH

    return load().home / KILL_SWITCH


def _bytes(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read ({error.strerror or error}); correct the path") from error


def _read(file: Path) -> "PolicyDocument":
    from modelmix.policy.artifact import parse

    return parse(_bytes(file), str(file))


def _capabilities() -> "CapabilityTable":
    return load().capabilities()


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day such as 2026-11-23", param_hint="--on") from None


def _plain(document: "PolicyDocument") -> dict[str, Any]:
    from modelmix.policy.artifact import values

    plain: dict[str, Any] = _numbers(values(document))
    return plain


def _numbers(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Turn exact decimals into JSON numbers, which have no other form."""
    if isinstance(value, dict):
        return {key: _numbers(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_numbers(inner) for inner in value]
    return float(value) if isinstance(value, Decimal) else value


def _features_of_options(model: str, effort: str, capabilities: "CapabilityTable") -> "Features":
    from modelmix.core.candidate import Candidate
    from modelmix.core.task import Features

    if not model:
        raise typer.BadParameter("name the requested model, or give --request", param_hint="--model")
    try:
        asked = Candidate.parse(f"{model}@{effort}" if effort else model)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--effort" if effort else "--model") from None
    return Features(requested=capabilities.effective(asked))


def _features_of_body(file: Path, task: str, capabilities: "CapabilityTable") -> "Features":
    from modelmix.classify.features import features
    from modelmix.core.candidate import Candidate
    from modelmix.wire.request import read

    body = _bytes(file)
    try:
        request = read(body)
    except ValueError as error:
        raise ConfigError(f"{file} is not the body of a Messages request ({error}); correct it") from error
    asked = capabilities.effective(Candidate(request.model, request.effort))
    return features(request.fields, asked, tag=task, size_bytes=len(body))


def _with_options(features: "Features", task: str, template: str, given: list[str]) -> "Features":
    kinds = {field.name: field.type for field in fields(features) if field.name != "requested"}
    changes: dict[str, Any] = {"tag": task} if task else {}
    changes |= {"template": template} if template else {}
    for text in given:
        name, _, value = text.partition("=")
        if name not in kinds:
            raise typer.BadParameter(f"{name!r} is none of {', '.join(kinds)}", param_hint="--feature")
        changes[name] = _feature(name, value, kinds[name])
    return replace(features, **changes)


def _feature(name: str, value: str, kind: object) -> str | int | bool:
    if kind is bool and value in ("true", "false"):
        return value == "true"
    if kind is int and value.isascii() and value.isdigit():
        return int(value)
    if kind is str:
        return value
    wanted = "true or false" if kind is bool else "a whole number"
    raise typer.BadParameter(f"{name} must be {wanted}, not {value!r}", param_hint="--feature")
