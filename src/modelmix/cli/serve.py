"""``modelmix serve``: the gateway in front of the Claude API."""

import gc
import ipaddress
import json
import logging
import os
import sys
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from modelmix.cli.console import say
from modelmix.errors import ConfigError

if TYPE_CHECKING:
    from modelmix.gateway.capture import CaptureOrder
    from modelmix.gateway.defaults import Defaults
    from modelmix.gateway.learner import LearnOrder
    from modelmix.policy.standing import Standing

MEGABYTE = 2**20
_COLLECT_SELDOM = (20_000, 50, 50)


def command(
    *,
    policy: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Policy file; without one all calls are only logged.")
    ] = None,
    upstream: Annotated[
        str, typer.Option(metavar="URL", help="Base URL of the API.")
    ] = "https://api.anthropic.com",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 4000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    enforce: Annotated[
        bool, typer.Option("--enforce", help="Take the policy's routes; else it only says what it would do.")
    ] = False,
    allow_uncertified: Annotated[
        bool, typer.Option("--allow-uncertified", help="Take downgrades without a certificate.")
    ] = False,
    expose: Annotated[
        bool, typer.Option("--expose", help="Needed to listen on more than this machine.")
    ] = False,
    task_prefix: Annotated[
        list[str] | None,
        typer.Option(metavar="/PREFIX=TYPE", help="Task type of requests under a path; repeatable."),
    ] = None,
    task_key: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VARIABLE=TYPE",
            help="Task type of requests with the key in an environment variable; repeatable.",
        ),
    ] = None,
    drain_seconds: Annotated[
        int, typer.Option(min=0, help="Time for calls in flight to end after SIGTERM.")
    ] = 30,
    max_body_mb: Annotated[int, typer.Option(min=1, help="Longest request body.")] = 128,
    capture: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Keep the TEXT of a sample of calls in a JSONL file; without it none is kept.",
        ),
    ] = None,
    capture_share: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="Share of the calls in it; default 0.1.")
    ] = None,
    capture_mb: Annotated[
        int | None, typer.Option(min=1, help="Length of the file at which it stops; default 256.")
    ] = None,
    capture_raw: Annotated[
        bool, typer.Option("--capture-raw", help="Leave keys, passwords and e-mail addresses in it.")
    ] = False,
    learn: Annotated[
        bool,
        typer.Option("--learn", help="Ask cheaper candidates a sample of the requests as well, and grade."),
    ] = False,
    learn_usd: Annotated[
        str | None, typer.Option(metavar="USD", help="The most that learning may cost in all; needed.")
    ] = None,
    learn_share: Annotated[
        str | None,
        typer.Option(metavar="SHARE", help="Share of the requests in it; default 5%."),
    ] = None,
    learn_candidate: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODEL[@EFFORT]",
            help="Who is asked; repeatable. Default: the newest model of every lower tier.",
        ),
    ] = None,
    learn_grader: Annotated[
        list[str] | None,
        typer.Option(metavar="[TYPE=]KIND", help="Grader; default: one that fits the answers. Repeatable."),
    ] = None,
    learn_margin: Annotated[
        str | None,
        typer.Option(metavar="M", help="Share of differing answers that a type may show; default 6%."),
    ] = None,
    learn_pairs: Annotated[
        int | None, typer.Option(min=1, help="Pairs of each type; default: as many as the margin needs.")
    ] = None,
    learn_client_keys: Annotated[
        bool,
        typer.Option("--learn-client-keys", help="Ask with each client's own key, not ANTHROPIC_API_KEY."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on standard output once it is ready.")
    ] = False,
) -> None:
    """Serve a policy to any Claude client.

    Without --enforce every request goes on as it came, and the ledger says what the policy would have done.
    """
    from modelmix.cli.learn_options import LearnOptions, order_of
    from modelmix.gateway.run import Setup, bind, build, serve, url_of
    from modelmix.settings import load
    from modelmix.store.ledger import Ledger

    if enforce and policy is None:
        raise ConfigError("--enforce has no routes to take; name a policy file with --policy")
    _check_host(host, expose=expose)
    logging.basicConfig(level=logging.INFO, format="modelmix: %(message)s", stream=sys.stderr)
    settings = load()
    order = _capture(capture, capture_share, capture_mb, raw=capture_raw)
    wanted = LearnOptions(
        learn,
        learn_usd,
        learn_share,
        tuple(learn_candidate or ()),
        tuple(learn_grader or ()),
        learn_margin,
        learn_pairs,
        learn_client_keys,
    )
    learning = order_of(wanted, settings, upstream)
    setup = Setup(
        home=settings.home,
        capabilities=settings.capabilities(),
        open_rows=partial(Ledger.open, settings.home),
        policy=policy,
        upstream=upstream,
        enforce=enforce,
        allow_uncertified=allow_uncertified,
        drain_s=drain_seconds,
        defaults=_defaults(task_prefix or (), task_key or ()),
        longest_body_bytes=max_body_mb * MEGABYTE,
        capture=order,
        learn=learning,
    )
    gateway, in_force = build(setup)
    taken = bind(host, port)
    with taken:
        mode = "enforce" if enforce else "observe"
        # A ledger that cannot be used is said now, not with the first call.
        with Ledger.open(settings.home) as ledger:
            if in_force.now.policy is not None:
                state = "off" if in_force.now.policy.state == "off" else mode
                ledger.record_policy(in_force.now.policy.sha256, datetime.now(UTC), state)
        announce = partial(_announce, url_of(taken), mode, upstream, in_force.now, order, as_json=as_json)
        if learning is not None:
            _say_learning(learning)
        # What the start has made stays, and a request's own objects mostly go without the collector.
        gc.freeze()
        gc.set_threshold(*_COLLECT_SELDOM)
        serve(taken, gateway, drain_seconds, announce)


def _say_learning(order: "LearnOrder") -> None:
    ask = order.ask
    who = "each client's own key" if not order.place.key else "the key of ANTHROPIC_API_KEY"
    say(
        f"modelmix: learning: {ask.share * 100:g} % of the requests go to candidates as well, with {who}, "
        f"for at most ${ask.cap_usd} in all; answers are graded and forgotten. How far it is: "
        "GET /modelmix/status"
    )


def _announce(
    url: str, mode: str, upstream: str, standing: "Standing", order: "CaptureOrder | None", *, as_json: bool
) -> None:
    policy = standing.policy
    sha256 = "" if policy is None else policy.sha256
    refused = () if policy is None else policy.refused
    if refused:
        say(
            f"modelmix: not taken, downgrades without a certificate: {', '.join(refused)}; "
            "optimize certifies, --allow-uncertified takes them"
        )
    if order is not None:
        secrets = "left as they are" if order.raw else "masked as far as they are found"
        most = f"until it has {order.most_bytes // MEGABYTE} MB"
        say(
            f"modelmix: text is captured: requests and answers of {order.share * 100:g} % of the calls go to "
            f"{order.file}, keys and e-mail addresses {secrets}, {most}"
        )
    if as_json:
        document = {
            "schema": "modelmix.serve/1",
            "url": url,
            "pid": os.getpid(),
            "mode": mode,
            "upstream": upstream,
            "policy_sha256": sha256,
            "policy_state": "none" if policy is None else str(policy.state),
            "not_taken": list(refused),
            "capture": None if order is None else {**asdict(order), "file": str(order.file)},
        }
        sys.stdout.write(json.dumps(document) + "\n")
    else:
        what = (
            "no policy: calls are logged" if policy is None else f"policy {sha256[:8] or 'unsigned'}, {mode}"
        )
        if policy is not None and mode == "observe":
            what += ": nothing is changed, the ledger says what would be; --enforce takes the routes"
        say(f"modelmix: gateway to {upstream}; {what}. Ctrl-C ends it. Point a client at it:")
        sys.stdout.write(f"export ANTHROPIC_BASE_URL={url}\n")
    sys.stdout.flush()


def _check_host(host: str, *, expose: bool) -> None:
    try:
        is_local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_local = False
    if is_local:
        return
    if not expose:
        raise ConfigError(f"{host} can be reached from other machines; add --expose if that is wanted")
    say(f"modelmix: anyone who reaches {host} can use this gateway; it checks no key of its own")


def _capture(
    file: Path | None, share: float | None, most_mb: int | None, *, raw: bool
) -> "CaptureOrder | None":
    from modelmix.gateway.capture import DEFAULT_MB, DEFAULT_SHARE, CaptureOrder

    if file is None:
        if raw or share is not None or most_mb is not None:
            raise ConfigError("how to capture is said, and not where to; name a file with --capture")
        return None
    if str(file) == "-":
        raise ConfigError("--capture -: text is captured into a file only; name one")
    share = DEFAULT_SHARE if share is None else share
    if not share > 0:
        raise ConfigError("--capture-share 0 keeps nothing; leave --capture out, or write a share up to 1")
    return CaptureOrder(file, share, (most_mb or DEFAULT_MB) * MEGABYTE, raw)


def _defaults(prefixes: Iterable[str], keys: Iterable[str]) -> "Defaults":
    from modelmix.gateway.defaults import Defaults, key_hash

    by_prefix: dict[bytes, str] = {}
    for text in prefixes:
        prefix, name = _pair(text, "--task-prefix")
        if not prefix.startswith("/") or prefix.endswith("/"):
            raise ConfigError(f"--task-prefix {text!r}: a prefix begins with a slash and ends without one")
        by_prefix[prefix.encode()] = name
    by_key: dict[bytes, str] = {}
    for text in keys:
        variable, name = _pair(text, "--task-key")
        key = os.environ.get(variable, "")
        if not key:
            raise ConfigError(
                f"--task-key {text!r}: the environment variable {variable} is empty; put the key in it"
            )
        by_key[key_hash(key)] = name
    return Defaults(by_prefix, by_key)


def _pair(text: str, option: str) -> tuple[str, str]:
    from modelmix.classify.tag import plain_tag

    left, _, right = text.partition("=")
    name, why = plain_tag(right)
    if not left or not name:
        raise ConfigError(
            f"{option} {text!r}: {why or 'a side is missing'}; write for example /team-a=form-extraction"
        )
    return left, name
