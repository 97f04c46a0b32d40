"""``modelmix simulate``: a practice Claude API on this machine."""

import sys
from typing import Annotated

import typer

from modelmix.cli.console import say


def command(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 0,
    host: Annotated[
        str, typer.Option(help="Address to listen on; other machines reach only what you name.")
    ] = ("127.0.0.1"),
    seed: Annotated[int, typer.Option(min=0, help="Fixes every answer.")] = 0,
    latency_ms: Annotated[float, typer.Option(min=0, help="Time before an answer begins.")] = 0.0,
    tokens_per_second: Annotated[
        float, typer.Option(min=0, help="Pace of streams; 0 is as fast as read.")
    ] = 0.0,
    requests_per_minute: Annotated[
        int | None, typer.Option(min=1, help="Refuse what goes beyond, by model; else limits are only shown.")
    ] = None,
    input_tokens_per_minute: Annotated[
        int | None, typer.Option(min=1, help="The same for input; cache reads do not count.")
    ] = None,
    output_tokens_per_minute: Annotated[int | None, typer.Option(min=1, help="The same for output.")] = None,
    batch_seconds: Annotated[float, typer.Option(min=0, help="How long a message batch takes.")] = 0.0,
) -> None:
    """Run a practice Claude API: real wire behaviour, synthetic answers, no key, no cost."""
    from modelmix.simulator.run import bind, serve, url_of
    from modelmix.simulator.settings import Settings

    settings = Settings(
        seed=seed,
        latency_ms=latency_ms,
        tokens_per_second=tokens_per_second,
        requests_per_minute=requests_per_minute,
        input_tokens_per_minute=input_tokens_per_minute,
        output_tokens_per_minute=output_tokens_per_minute,
        batch_seconds=batch_seconds,
    )
    taken = bind(host, port)
    with taken:
        say("Practice Claude API: every answer is synthetic. Any key will do. Ctrl-C ends it.")
        say("In another terminal:")
        sys.stdout.write(f"export ANTHROPIC_BASE_URL={url_of(taken)}\n")
        sys.stdout.flush()
        serve(taken, settings)
