"""CPU per request of the gateway against nginx as a proxy and the LiteLLM proxy, in one interleaved run.

All gateways stand in front of the same fake upstream and run at once; short slices of load rotate over them,
so that other users of the machine disturb all alike. Compare the ratios, not the figures: differences under
about 1.3x are not resolved. modelmix runs as shipped: a policy that routes every request, and its ledger.

    python bench/gateway.py [--litellm /path/to/litellm] [--rounds 5] [--secs 3]

Needs nginx with Lua and wrk (Debian: nginx, libnginx-mod-http-lua, wrk); a peer that is not installed is left
out with a line that says so. CPU is read from /proc, summed over a gateway's processes.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

UPSTREAM_PORT, NGINX_PORT, MODELMIX_PORT, LITELLM_PORT = 19101, 19102, 19103, 19104
MODEL = "claude-opus-5-5"
LITELLM_KEY = "sk-bench"
LEAST_BELOW_LITELLM = {"small": 30.0, "stream": 15.0}
MOST_ABOVE_NGINX = {"small": 20.0, "stream": 20.0}
MOST_MB = 110.0
TICKS_PER_S = os.sysconf("SC_CLK_TCK")

FAKE_UPSTREAM = """
load_module /usr/lib/nginx/modules/ndk_http_module.so;
load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;
worker_processes 1; daemon off; pid upstream.pid; error_log upstream.err warn;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 100000000; keepalive_timeout 600s;
  client_max_body_size 32m; client_body_buffer_size 4m;
  init_by_lua_block {{
    n = 0
    local usage = '"usage":{{"input_tokens":512,"cache_creation_input_tokens":128,'
      .. '"cache_read_input_tokens":2048,"output_tokens":137,"service_tier":"standard"}}'
    local text = string.rep("The quick brown fox jumps over the lazy dog. ", 12)
    local head = '","type":"message","role":"assistant","model":"claude-haiku-5-5","content":['
    BEFORE = '{{"id":"msg_bench'
    AFTER = head .. '{{"type":"text","text":"' .. text .. '"}}],"stop_reason":"end_turn",' .. usage .. '}}'
    FIRST = head .. '],' .. usage .. '}}}}\\n\\n'
    local function event(name, rest)
      return "event: " .. name .. '\\ndata: {{"type":"' .. name .. '"' .. rest .. "}}\\n\\n"
    end
    EVENTS = {{}}
    EVENTS[1] = event("content_block_start", ',"index":0,"content_block":{{"type":"text","text":""}}')
    for i = 2, 27 do
      local words = "token " .. i .. " of the answer "
      EVENTS[i] = event("content_block_delta", ',"delta":{{"type":"text_delta","text":"' .. words .. '"}}')
    end
    EVENTS[28] = event("message_delta", ',"delta":{{"stop_reason":"end_turn"}},' .. usage)
    EVENTS[29] = event("message_stop", "")
  }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{ content_by_lua_block {{
      ngx.req.read_body()
      local body = ngx.req.get_body_data() or ""
      n = n + 1
      ngx.header["request-id"] = "req_bench" .. n
      if not body:find('"stream": ?true') then
        local answer = BEFORE .. n .. AFTER
        ngx.header["content-type"] = "application/json"
        ngx.header["content-length"] = #answer
        ngx.print(answer)
        return
      end
      ngx.header["content-type"] = "text/event-stream; charset=utf-8"
      ngx.print('event: message_start\\ndata: {{"type":"message_start","message":' .. BEFORE .. n .. FIRST)
      for i = 1, #EVENTS do ngx.flush(true); ngx.sleep(0.002); ngx.print(EVENTS[i]) end
    }} }}
  }}
}}
"""

NGINX_PROXY = """
worker_processes 1; daemon off; pid proxy.pid; error_log proxy.err warn;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 100000000; client_max_body_size 32m; client_body_buffer_size 4m;
  upstream up {{ server 127.0.0.1:{upstream}; keepalive 256; keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
    }}
  }}
}}
"""

POLICY = """\
modelmix: 1
name: bench
bar: {margin: 0.02, alpha: 0.05}
tasks:
  bench:
    match: {tag: bench}
    baseline: {model: claude-opus-5-5, effort: medium}
    route: {model: claude-haiku-5-5, effort: low}
default: {model: claude-opus-5-5, effort: medium}
"""

LITELLM = """\
model_list:
  - model_name: {model}
    litellm_params: {{model: anthropic/{model}, api_base: "http://127.0.0.1:{upstream}", api_key: sk-fake}}
"""

LOAD = """\
local f = io.open("{body}", "rb"); wrk.body = f:read("*a"); f:close()
wrk.method = "POST"
{headers}
done = function(s, l, r)
  io.write(string.format("\\nRESULT %d %f %d\\n", s.requests, s.duration/1e6,
    s.errors.status + s.errors.connect + s.errors.read + s.errors.write + s.errors.timeout))
end
"""


@dataclass
class Gateway:
    """A gateway under load.

    Attributes:
        name: Its name.
        port: Port it listens on.
        command: How it is started.
        env: What its environment has beside ours.
        headers: Headers that its load sends.
        process: Its first process.
        cpu_us: CPU microseconds per request, by scenario, one figure per round.
        rss_mb: Resident memory at the end.
    """

    name: str
    port: int
    command: list[str]
    env: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    cpu_us: dict[str, list[float]] = field(default_factory=dict)
    rss_mb: float = 0.0

    def cpu_s(self) -> float:
        """CPU seconds that its processes have used."""
        return sum(_cpu_s(pid) for pid in _tree(self._pid()))

    def resident_mb(self) -> float:
        """Resident memory of its processes, shared pages counted once per process."""
        return sum(_rss_mb(pid) for pid in _tree(self._pid()))

    def _pid(self) -> int:
        if self.process is None:
            raise RuntimeError(f"{self.name} is not running")
        return self.process.pid


def body_of(scenario: str) -> bytes:
    """Write a request of about 2 KB."""
    text = "please refactor the function so that it handles empty input and returns a typed result. " * 9
    tool = {
        "name": "read_file",
        "description": "Read a file from the workspace.",
        "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
    }
    body = {
        "model": MODEL,
        "max_tokens": 1024,
        "stream": scenario == "stream",
        "system": "You are a careful coding assistant.",
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": text}]},
            {"role": "assistant", "content": "Understood."},
            {"role": "user", "content": "Explain this error and fix it:\n" + text},
        ],
        "tools": [tool],
    }
    return json.dumps(body, separators=(",", ":")).encode()


def _tree(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def _cpu_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def _rss_mb(pid: int) -> float:
    try:
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0.0
    return int(found.group(1)) / 1024 if found else 0.0


def load(
    gateway: Gateway, scenario: str, work: Path, options: argparse.Namespace, secs: int
) -> tuple[int, int]:
    """Put a gateway under load; returns requests answered and errors."""
    body = work / f"{scenario}.json"
    body.write_bytes(body_of(scenario))
    headers = {"content-type": "application/json", "anthropic-version": "2023-06-01", "x-api-key": "sk-fake"}
    lines = "\n".join(f'wrk.headers["{k}"] = "{v}"' for k, v in {**headers, **gateway.headers}.items())
    script = work / f"{gateway.name}.lua"
    script.write_text(LOAD.format(body=body, headers=lines))
    command = ["taskset", "-c", options.load_core, "wrk", "-t1", f"-c{options.connections}"]
    command += [f"-d{secs}s", "--timeout", "30s", "-s"]
    url = f"http://127.0.0.1:{gateway.port}/v1/messages"
    done = subprocess.run([*command, str(script), url], capture_output=True, text=True, check=True)
    found = re.search(r"RESULT (\d+) \S+ (\d+)", done.stdout)
    if found is None:
        raise RuntimeError(f"wrk said nothing of {gateway.name}: {done.stdout}{done.stderr}")
    return int(found.group(1)), int(found.group(2))


def answers(gateway: Gateway) -> bool:
    """Say whether a gateway answers a request with 200 and usage."""
    headers = {"content-type": "application/json", "anthropic-version": "2023-06-01", "x-api-key": "sk-fake"}
    request = urllib.request.Request(
        f"http://127.0.0.1:{gateway.port}/v1/messages", body_of("small"), {**headers, **gateway.headers}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return b'"output_tokens"' in answer.read()
    except (urllib.error.URLError, OSError):
        return False


@contextlib.contextmanager
def started(gateway: Gateway, work: Path, core: str, patience_s: float) -> Iterator[bool]:
    """Run a gateway on its core; yields whether it answers."""
    with (work / f"{gateway.name}.log").open("wb") as log:
        gateway.process = subprocess.Popen(
            ["taskset", "-c", core, *gateway.command],
            stdout=log,
            stderr=log,
            env={**os.environ, **gateway.env},
            start_new_session=True,
        )
        try:
            end = time.monotonic() + patience_s
            sound = answers(gateway)
            while not sound and time.monotonic() < end and gateway.process.poll() is None:
                time.sleep(0.1)
                sound = answers(gateway)
            yield sound
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(gateway.process.pid, signal.SIGTERM)
            try:
                gateway.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(gateway.process.pid, signal.SIGKILL)
                gateway.process.wait()


def gateways(work: Path, litellm: str | None) -> list[Gateway]:
    """List what is to be measured, peers only where they are installed."""
    (work / "proxy.conf").write_text(NGINX_PROXY.format(upstream=UPSTREAM_PORT, port=NGINX_PORT))
    (work / "policy.yaml").write_text(POLICY)
    (work / "litellm.yaml").write_text(LITELLM.format(model=MODEL, upstream=UPSTREAM_PORT))
    nginx = Gateway("nginx", NGINX_PORT, ["nginx", "-p", str(work), "-c", str(work / "proxy.conf")])
    serve = [sys.executable, "-m", "modelmix", "serve", "--policy", str(work / "policy.yaml"), "--enforce"]
    serve += ["--allow-uncertified", "--port", str(MODELMIX_PORT)]
    serve += ["--upstream", f"http://127.0.0.1:{UPSTREAM_PORT}"]
    ours = Gateway(
        "modelmix", MODELMIX_PORT, serve, {"MODELMIX_HOME": str(work / "home")}, {"modelmix-task": "bench"}
    )
    found = [nginx, ours]
    if litellm is None:
        print("left out: litellm is not installed; name its program with --litellm", file=sys.stderr)
        return found
    command = [litellm, "--config", str(work / "litellm.yaml"), "--port", str(LITELLM_PORT)]
    command += ["--num_workers", "1", "--telemetry", "False"]
    env = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR", "LITELLM_MASTER_KEY": LITELLM_KEY}
    return [*found, Gateway("litellm", LITELLM_PORT, command, env, {"x-api-key": LITELLM_KEY})]


def measure(found: list[Gateway], options: argparse.Namespace, work: Path) -> None:
    """Rotate slices of load over the gateways."""
    for scenario in options.scenario.split(","):
        for gateway in found:
            load(gateway, scenario, work, options, 2)  # warm
        for _ in range(options.rounds):
            for gateway in found:
                before = gateway.cpu_s()
                answered, errors = load(gateway, scenario, work, options, options.secs)
                if errors or not answered:
                    print(f"{gateway.name}: {errors} errors in {answered} requests", file=sys.stderr)
                    continue
                spent_us = (gateway.cpu_s() - before) * 1e6 / answered
                gateway.cpu_us.setdefault(scenario, []).append(spent_us)
    for gateway in found:
        gateway.rss_mb = gateway.resident_mb()


def report(found: list[Gateway]) -> bool:
    """Print figures and ratios; returns whether the targets hold."""
    ours, holds = next(gateway for gateway in found if gateway.name == "modelmix"), True
    for scenario, own in ours.cpu_us.items():
        print(f"\n{scenario}: CPU microseconds per request, median of rounds (least to most)")
        for gateway in found:
            rounds = gateway.cpu_us.get(scenario) or [0.0]
            spread = f"({min(rounds):.0f} to {max(rounds):.0f})"
            middle = f"{statistics.median(rounds):>8.0f}"
            print(f"  {gateway.name:<10} {middle}  {spread:<18} {gateway.rss_mb:6.1f} MB")
        for peer in found:
            theirs = peer.cpu_us.get(scenario, [])
            if peer is not ours and len(theirs) == len(own):
                holds &= _compare(peer.name, scenario, own, theirs)
    holds &= ours.rss_mb <= MOST_MB
    print(f"\nworker memory {ours.rss_mb:.1f} MB; target at most {MOST_MB:.0f} MB")
    print("targets hold" if holds else "a target is MISSED")
    return holds


def _compare(peer: str, scenario: str, own: list[float], theirs: list[float]) -> bool:
    below = peer != "nginx"
    ratios = [b / a if below else a / b for a, b in zip(own, theirs, strict=True)]
    ratio, target = statistics.median(ratios), (LEAST_BELOW_LITELLM if below else MOST_ABOVE_NGINX)[scenario]
    how = f"less CPU than {peer}" if below else f"the CPU of {peer}"
    bound = "at least" if below else "at most"
    print(f"  {ratio:.1f}x {how} ({min(ratios):.1f} to {max(ratios):.1f}); target {bound} {target:.0f}x")
    return ratio >= target if below else ratio <= target


def main() -> int:
    """Run the benchmark; 0 if the targets hold."""
    parser = argparse.ArgumentParser(description="Measure the gateway against nginx and LiteLLM.")
    parser.add_argument("--litellm", default=shutil.which("litellm"), help="the LiteLLM program")
    parser.add_argument("--scenario", default="small", help="small, stream, or both with a comma")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--secs", type=int, default=3)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--gateway-core", default="0")
    parser.add_argument("--load-core", default="1")
    options = parser.parse_args()
    missing = [name for name in ("nginx", "wrk", "taskset") if shutil.which(name) is None]
    if missing:
        print(f"left out: {', '.join(missing)} not installed; Debian: nginx libnginx-mod-http-lua wrk")
        return 0
    with tempfile.TemporaryDirectory(prefix="modelmix-bench-") as folder, contextlib.ExitStack() as stack:
        work = Path(folder)
        (work / "upstream.conf").write_text(FAKE_UPSTREAM.format(port=UPSTREAM_PORT))
        command = ["nginx", "-p", folder, "-c", str(work / "upstream.conf")]
        upstream = Gateway("upstream", UPSTREAM_PORT, command)
        if not stack.enter_context(started(upstream, work, options.load_core, 10)):
            print(f"the fake upstream does not answer: {(work / 'upstream.log').read_text()}")
            return 1
        found = []
        for gateway in gateways(work, options.litellm):
            if stack.enter_context(started(gateway, work, options.gateway_core, 90)):
                found.append(gateway)
            else:
                said = (work / f"{gateway.name}.log").read_text()[-500:]
                print(f"left out: {gateway.name} does not answer: {said}")
        measure(found, options, work)
        return 0 if report(found) else 1


if __name__ == "__main__":
    sys.exit(main())
