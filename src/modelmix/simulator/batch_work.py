"""Batch work: what a batch's requests are answered, and what that is charged."""

import hashlib
from dataclasses import dataclass

import msgspec

from modelmix.simulator import message
from modelmix.simulator.answer import compose
from modelmix.simulator.batch import Batch
from modelmix.simulator.bill import Bill
from modelmix.simulator.cache import Plan, PromptCache
from modelmix.simulator.charge import Charge
from modelmix.simulator.failure import Failure, injected
from modelmix.simulator.request import Request, understand
from modelmix.simulator.usage_report import UsageReport


@dataclass(frozen=True, slots=True)
class BatchWork:
    """Answers requests of batches.

    Attributes:
        cache: The prompt cache, the same as that of all other requests.
        bill: Where calls are billed.
        report: Where they are reported.
    """

    cache: PromptCache
    bill: Bill
    report: UsageReport

    def step(self, batch: Batch, now: float) -> bool:
        """Do the next small piece of what is due; say whether there was one.

        Everything is a matter of the clock alone: requests are answered and charged at the second at which
        they are due, however late somebody asks.

        Args:
            batch: One that has not ended.
            now: Present second.
        """
        due = batch.due()
        if due is not None and due <= min(now, batch.stops):
            self._wave(batch, due)
            if not batch.waiting:
                batch.end(due)
            return True
        if now < batch.stops:
            return False
        fate = batch.fate
        for custom_id in batch.left():
            batch.take(fate, _line(custom_id, {"type": fate}))
        batch.end(batch.stops)
        return True

    def _wave(self, batch: Batch, at: float) -> None:
        # Requests of one wave run at the same time: what one of them writes to the cache, only later waves
        # can read.
        written: list[Plan] = []
        for place, custom_id, params in batch.wave():
            result = self._result(batch, place, params, at, written)
            batch.take(str(result["type"]), _line(custom_id, result))
        for plan in written:
            self.cache.commit(plan)

    def _result(
        self, batch: Batch, place: int, params: bytes, at: float, written: list[Plan]
    ) -> dict[str, object]:
        order = batch.order
        request = injected("500") if place < order.fault.error else understand(params, order.dialect)
        if isinstance(request, Failure):
            return {"type": "errored", "error": {**request.body(""), "request_id": None}}
        scope = f"{order.workspace_id or 'default'}/{request.behaviour.model}".encode()
        plan = self.cache.plan(scope, request.segments, request.behaviour.min_cacheable_tokens, at)
        answer = compose(request.body, request.behaviour, order.seed, plan.split.total)
        number = hashlib.blake2b(f"{order.batch_id}/{place}".encode(), digest_size=10).hexdigest()
        document = message.document(f"msg_sim{number}", request, answer, plan.split)
        charge = _charge(batch, request, plan, answer.output_tokens, f"req_sim{number}")
        self.cache.accept(plan)
        self.bill.add(charge)
        self.report.add(charge)
        written.append(plan)
        return {"type": "succeeded", "message": document}


def _charge(batch: Batch, request: Request, plan: Plan, output_tokens: int, request_id: str) -> Charge:
    geo = (request.body.get("inference_geo") or "global") if request.behaviour.inference_geo else None
    return Charge(
        request_id=request_id,
        at=plan.at,
        model=request.behaviour.model,
        api_key_id=batch.order.api_key_id,
        workspace_id=batch.order.workspace_id,
        inference_geo=geo or "not_available",
        speed="standard",
        split=plan.split,
        output_tokens=output_tokens,
        service_tier="batch",
    )


def _line(custom_id: str, result: dict[str, object]) -> bytes:
    return msgspec.json.encode({"custom_id": custom_id, "result": result}) + b"\n"
