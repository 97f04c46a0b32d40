"""Choice: who answers a request, and why; the request's own bytes wherever there is doubt.

The gateway and the in-process router both ask here, so that one request has one answer.
"""

from collections.abc import Callable
from dataclasses import dataclass

from modelmix.classify.features import features
from modelmix.classify.fingerprints import Fingerprints
from modelmix.classify.tag import plain_tag, task_type
from modelmix.classify.template import NO_TEMPLATE
from modelmix.core.call import UNTYPED
from modelmix.core.candidate import Candidate
from modelmix.core.capabilities import CapabilityTable
from modelmix.core.task import Features
from modelmix.policy.by_type import VIRTUAL_MODELS
from modelmix.policy.standing import Standing
from modelmix.wire.fitting import Change, change_bytes, fit, said
from modelmix.wire.request import Request, read
from modelmix.wire.splice import splice, splice_model

LONGEST_ROUTED_BYTES = 32 * 1024 * 1024
"""Longest body that is looked into; decoding a longer one would hold up everybody else."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request says beside its body.

    Attributes:
        tag: Task type that it names (over HTTP: ``modelmix-task``), or empty.
        default: Task type that its key or URL prefix stands for, or empty.
        opted_out: Whether it is not to be routed (over HTTP: ``modelmix-route: off``).
        encoded: Whether its body is compressed, so that it cannot be looked into.
        counts: Whether it only asks to count tokens.
    """

    tag: str = ""
    default: str = ""
    opted_out: bool = False
    encoded: bool = False
    counts: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What a row says of its request.

    Attributes:
        asked: Candidate that the client asked for, its model empty where that cannot be read.
        stream: Whether a stream is asked for.
        task_type: Name of its task type.
        task_source: What told the type.
        template: Fingerprint of its system prompt, or empty.
        policy_sha256: Hash of the policy that was asked, or empty.
    """

    asked: Candidate
    stream: bool = False
    task_type: str = UNTYPED
    task_source: str = "none"
    template: str = ""
    policy_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is sent for one request.

    Attributes:
        body: Body to send.
        reason: Why, in short stable fields.
        sent: Candidate that the body names.
        facts: What the row is to say.
        spare: Body to send if the upstream answers 400 to this one, or None.
        spare_sent: Candidate that the spare body names.
        refusal: Why nothing can be sent, or empty; one sentence.
        fault: Name of the error of our own that left the request unrouted, or empty.
        changes: What else of the body was changed so that the candidate takes it.
    """

    body: bytes
    reason: str
    sent: Candidate
    facts: Facts
    spare: bytes | None = None
    spare_sent: Candidate | None = None
    refusal: str = ""
    fault: str = ""
    changes: tuple[Change, ...] = ()


_NOBODY = Candidate("")
_NO_POLICY = (
    "model {!r} leaves the choice to a policy and none is loaded; name a Claude model or serve with --policy"
)
_NO_BASELINE = (
    "model {!r} leaves the choice to the policy, which has no baseline for this task; name a Claude model"
)


class Chooser:
    """Chooses for requests; what goes wrong on the way leaves a request as it is.

    It remembers fingerprints of system prompts, so one chooser belongs to one thread.

    Args:
        standing: Tells the policy in force.
        capabilities: What each model accepts.
        enforce: Whether routes are taken, or only written down.
    """

    __slots__ = ("_capabilities", "_enforce", "_fingerprints", "_standing")

    def __init__(
        self, standing: Callable[[], Standing], capabilities: CapabilityTable, *, enforce: bool = False
    ) -> None:
        self._standing = standing
        self._capabilities = capabilities
        self._enforce = enforce
        self._fingerprints = Fingerprints()

    def choose(self, body: bytes, wish: Wish) -> Decision:
        """Choose for one request; never raises."""
        if wish.encoded:
            return _untouched(body, "fallback:compressed-request")
        if len(body) > LONGEST_ROUTED_BYTES:
            return _untouched(body, "fallback:long-request")
        try:
            request = read(body)
        except ValueError:
            return _untouched(body, "fallback:unreadable-request")
        try:
            return self._choose(body, request, wish)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not cost the client its answer
            return self._after_fault(body, request, type(error).__name__)

    def _choose(self, body: bytes, request: Request, wish: Wish) -> Decision:
        asked = Candidate(request.model, request.effort)
        seen = self._features(body, request, asked, wish)
        tagged = bool(seen.tag)
        template = NO_TEMPLATE if tagged else self._fingerprints.of(request.fields.get("system"))
        name, source = task_type(wish.tag, wish.default, template)
        choice = self._choice(request, seen, wish)
        facts = Facts(asked, request.stream, name, source, seen.template, choice.policy_sha256)
        return _applied(body, choice, facts, counts=wish.counts)

    def _features(self, body: bytes, request: Request, asked: Candidate, wish: Wish) -> Features:
        return features(
            request.fields,
            asked if request.model in VIRTUAL_MODELS else self._capabilities.effective(asked),
            tag=plain_tag(wish.tag)[0] or wish.default,
            size_bytes=len(body),
            fingerprints=self._fingerprints,
        )

    def _choice(self, request: Request, seen: Features, wish: Wish) -> "_Choice":
        is_virtual = request.model in VIRTUAL_MODELS
        standing = self._standing()
        if standing.policy is None or standing.resting is None:
            return _Choice("no-policy", refusal=_NO_POLICY.format(request.model) if is_virtual else "")
        stays = standing.resting.next(seen, ()).candidate if is_virtual else seen.requested
        if stays.model in VIRTUAL_MODELS:
            return _Choice("no-baseline", refusal=_NO_BASELINE.format(request.model))
        route = (standing.resting if wish.opted_out else standing.policy).next(seen, ())
        reason = "opt-out" if wish.opted_out else route.reason
        wanted: Candidate | None = None
        changes: tuple[Change, ...] = ()
        if route.candidate != stays:
            fitted = self._fitted(request, route.candidate, stays, seen)
            if isinstance(fitted, str):
                reason = f"kept: {fitted}; {reason}"
            elif self._enforce:
                wanted, changes = route.candidate, fitted
                reason = f"{reason}; {said(changes)}" if changes else reason
            else:
                reason = f"would-route {route.candidate}: {reason}"
        stands_for = stays if is_virtual else None
        return _Choice(reason, wanted, stands_for, policy_sha256=standing.policy.sha256, changes=changes)

    def _fitted(
        self, request: Request, wanted: Candidate, stays: Candidate, seen: Features
    ) -> tuple[Change, ...] | str:
        capability, asked = (self._capabilities.find(one.model) for one in (wanted, stays))
        if capability is None:
            return "unknown model"
        return fit(request, capability, wanted.effort, seen.input_tokens, asked=asked)

    def _after_fault(self, body: bytes, request: Request, fault: str) -> Decision:
        asked, reason = Candidate(request.model, request.effort), f"fallback:{fault}"
        facts = Facts(asked, request.stream)
        if request.model not in VIRTUAL_MODELS:
            return Decision(body, reason, asked, facts, fault=fault)
        try:
            resting = self._standing().resting
            default = None if resting is None else resting.default
            if default is not None:
                return Decision(splice_model(body, default.model), reason, default, facts, fault=fault)
        except Exception:  # noqa: BLE001, S110 - then nothing can be sent, and the client is told
            pass
        return Decision(body, reason, asked, facts, refusal=_NO_BASELINE.format(request.model), fault=fault)


@dataclass(frozen=True, slots=True)
class _Choice:
    """Who answers a request.

    Attributes:
        reason: Why.
        wanted: Candidate that the policy moves it to, or None where it stays.
        stands_for: Candidate that a virtual model stands for, or None for a real one.
        refusal: Why nobody can answer, or empty.
        policy_sha256: Hash of the policy that was asked, or empty.
        changes: What is changed of the request so that the candidate takes it.
    """

    reason: str
    wanted: Candidate | None = None
    stands_for: Candidate | None = None
    refusal: str = ""
    policy_sha256: str = ""
    changes: tuple[Change, ...] = ()


def _applied(body: bytes, choice: _Choice, facts: Facts, *, counts: bool) -> Decision:
    kept, kept_body = facts.asked, body
    if choice.stands_for is not None:
        kept, kept_body = choice.stands_for, _edited(body, choice.stands_for, counts=counts)
    if choice.wanted is None:
        return Decision(kept_body, choice.reason, kept, facts, refusal=choice.refusal)
    moved = _edited(body, choice.wanted, counts=counts)
    if choice.changes:
        moved = change_bytes(moved, choice.changes)
    return Decision(moved, choice.reason, choice.wanted, facts, kept_body, kept, changes=choice.changes)


def _edited(body: bytes, candidate: Candidate, *, counts: bool) -> bytes:
    # A count has no effort, and an endpoint that does not know the field would refuse it.
    return splice_model(body, candidate.model) if counts else splice(body, candidate)


def _untouched(body: bytes, reason: str) -> Decision:
    return Decision(body, reason, _NOBODY, Facts(_NOBODY))
