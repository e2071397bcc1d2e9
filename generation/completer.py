"""Completing requests through the ledger: what is stored is found, the rest is generated and saved."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

from datasets_registry.errors import BadInput, ModelFailed, TrimtabError
from generation.batches.batching import Batching, Ways
from generation.batches.provider import OffersBatches
from generation.batches.records import left_in
from generation.progress import EVERY_SECONDS, Progress
from generation.renderer import renderer
from generation.request import Backend, Completion, Feeds, Renders, Request, keys
from generation.sound import sound
from generation.spending import Estimate, Meter, Price, estimate

if TYPE_CHECKING:
    from generation.ledger.history import Histories
    from generation.ledger.known import Known
    from generation.ledger.ledger import Ledger, Origin


Complete = Callable[[str, Sequence[Request]], list[Completion]]
POLL_SECONDS = 1.0


class Completer:
    """One backend behind the ledger; calling it gives completions in the order of the requests."""

    def __init__(
        self,
        backend: Backend,
        ledger: "Ledger",
        *,
        asset: str,
        report: Callable[[str], None],
        meter: Meter | None = None,
    ) -> None:
        self.backend, self.ledger, self.asset, self.report = backend, ledger, asset, report
        self.meter = meter or Meter()
        self.num_found = self.num_generated = 0
        self._reported = -EVERY_SECONDS

    def __call__(self, stage: str, requests: Sequence[Request]) -> list[Completion]:
        """The completions of ``requests``; ``stage`` names the work in the progress lines.

        Equal requests are generated once, by one process. Finished work is saved within five
        seconds, whatever happens to the rest.
        """
        request_keys = keys(self.backend.fingerprint, requests)
        by_key = dict(zip(request_keys, requests, strict=True))
        search = Search(self.known.find, by_key, partial(self.require_same_prompts, by_key))
        search.look()
        title, generated = f"{self.asset}: {stage}", 0
        if not search.missing:
            self.report(f"{title}: {len(search.done):,} of {len(search.done):,} found; nothing to generate")
        while search.missing:
            generated += self._complete(title, search)
        self.num_found += len(search.done) - generated
        self.num_generated += generated
        if generated:
            self.compact()
        return [search.done[key] for key in request_keys]

    def require_same_prompts(self, requests: Mapping[str, Request], found: Mapping[str, Completion]) -> None:
        """Raise BadInput where a stored completion was made from other tokens than its request becomes here.

        Only what another renderer made has to be rendered again: equal ones make equal tokens.
        """
        old = [key for key, completion in found.items() if _is_of_another_renderer(completion)]
        if not old or not isinstance(self.backend, Renders):
            return
        digests = self.backend.prompt_digests([requests[key] for key in old])
        others = [key for key, now in zip(old, digests, strict=True) if now != found[key].prompt_digest]
        if others:
            raise BadInput(
                f"{self.asset}: {len(others):,} of {len(found):,} stored completions, such as "
                f"{others[0][:12]}, were made from other tokens than the same requests become here: go back "
                "to the Trimtab, transformers and tokenizers that made them (`trimtab ledger audit` compares "
                "them all), or change a sampling setting or a seed, so that new ones are made"
            )

    def _complete(self, title: str, search: "Search") -> int:
        """Generate what no other process is generating, or wait a moment for the others."""
        with self.ledger.claim(list(search.missing)) as claimed:
            search.look()
            mine = {key: search.missing[key] for key in claimed.mine if key in search.missing}
            if mine:
                search.add(self._asked(title, search, mine))
        if not mine and search.missing:
            self.wait(title, len(search.missing), next(iter(claimed.theirs.values()), "another process"))
            search.look()
        return len(mine)

    def wait(self, title: str, num_missing: int, owner: str) -> None:
        """Give another process a moment for what it is generating."""
        if time.monotonic() - self._reported >= EVERY_SECONDS:
            self._reported = time.monotonic()
            self.report(f"{title}: waiting for {num_missing:,} completions that {owner} is generating")
        time.sleep(POLL_SECONDS)

    def _asked(self, title: str, search: "Search", mine: Mapping[str, Request]) -> dict[str, Completion]:
        """Plan and generate; whatever ends it, batches that run on are named."""
        batching = self._batching(title)
        try:
            ways = batching.ways(mine) if batching else Ways(mine)
            self._plan(title, search, ways)
            return self._generate(title, ways, batching)
        except BaseException:
            if batching:
                batching.leave()
            raise

    def _batching(self, title: str) -> Batching | None:
        if not isinstance(self.backend, OffersBatches):
            return None
        return Batching(self.backend.batches(), self.ledger.folder / "batches", title, self.report)

    def _plan(self, title: str, search: "Search", ways: Ways) -> None:
        """Say what will be generated, and refuse it if that is over the budget.

        What runs in batches was planned when it was submitted.
        """
        num_found, num_total = len(search.done), len(search.done) + len(search.missing)
        plan = self.estimate(ways.direct, self.meter.price)
        plan += self.estimate(ways.batched, self.meter.price.by_batch)
        num_new, others = len(ways.direct) + len(ways.batched), len(search.missing) - len(ways.all)
        self.report(
            f"{title}: {num_found:,} of {num_total:,} found; {num_new:,} to generate"
            f"{f', {len(ways.batched):,} of them by batch within a day' if ways.batched else ''}; {plan}"
            f"{f'; {len(ways.running):,} are in batches of an earlier run' if ways.running else ''}"
            f"{f'; {others:,} are being generated by another process' if others else ''}"
        )
        self.meter.allow(title, plan)

    def estimate(self, requests: Mapping[str, Request], price: Price) -> Estimate:
        """What generating ``requests`` is expected to cost."""
        return estimate(list(requests.values()), price, self._histories.of).shared_by(self.replicas)

    @property
    def replicas(self) -> int:
        """How many engines the backend has side by side."""
        return int(getattr(self.backend, "replicas", 1))

    @property
    def feeding(self) -> Feeds | None:
        """The backend where it takes more requests while it completes some, and none go by batch."""
        return self.backend if isinstance(self.backend, Feeds) and not self.by_batch else None

    @property
    def by_batch(self) -> bool:
        """Whether requests go by batch, or are in batches of an earlier run."""
        if not isinstance(self.backend, OffersBatches):
            return False
        return self.backend.batches().least is not None or any(left_in(self.ledger.folder / "batches"))

    @cached_property
    def known(self) -> "Known":
        """Which keys the ledger has."""
        from generation.ledger.known import Known

        self.ledger.send_left()
        return Known(self.ledger)

    @cached_property
    def _histories(self) -> "Histories":
        from generation.ledger.history import Histories

        return Histories(self.ledger, self.origin)

    @property
    def origin(self) -> "Origin":
        """Who asks."""
        from generation.ledger.ledger import Origin

        return Origin(self.backend.fingerprint, self.backend.name, self.asset)

    def _generate(self, title: str, ways: Ways, batching: Batching | None) -> dict[str, Completion]:
        from generation.ledger.ledger import Writer

        requests = ways.all
        progress = Progress(title, len(requests), self.report, self.backend)
        done = {}
        with Writer(self.ledger, self.origin) as writer:
            for key, answer, by_batch in self._answers(title, ways, batching, writer.flush):
                completion = sound(answer)
                usd = self.meter.spend(completion, by_batch=by_batch)
                writer.add(key, requests[key], completion, usd, self.replicas)
                done[key] = completion
                progress.advance(completion.num_prompt_tokens, completion.num_completion_tokens)
                if not by_batch:
                    # an answer by batch is paid for, whether or not it is taken
                    self.meter.halt_if_over(title, len(requests) - len(done))
        progress.finish()
        if len(done) < len(requests):
            raise ModelFailed(
                f"{title}: backend {self.backend.name!r} answered {len(done)} of {len(requests)} requests: "
                "what it answered is saved; run again"
            )
        return done

    def _answers(
        self, title: str, ways: Ways, batching: Batching | None, save: Callable[[], None]
    ) -> Iterator[tuple[str, Completion, bool]]:
        """Each key's answer, and whether it came by batch; what batches leave is asked directly."""
        left = ways.all
        if batching:
            for key, completion, by_batch in self._by_batch(ways, batching, save):
                left.pop(key)
                yield key, completion, by_batch
            if len(left) > len(ways.direct):
                self.meter.allow(title, self.estimate(left, self.meter.price))
        for key, completion in self._direct(left):
            yield key, completion, False

    def _by_batch(
        self, ways: Ways, batching: Batching, save: Callable[[], None]
    ) -> Iterator[tuple[str, Completion, bool]]:
        """Answers of batches, behind that of one request, which is asked directly.

        It shows in a moment what a whole batch would show in a day: a model that the server does not know,
        or a field that it does not take.
        """
        batched = dict(ways.batched)
        if batched:
            first = next(iter(batched))
            for key, completion in self._direct({first: batched.pop(first)}):
                yield key, completion, False
            batching.submit(batched)
        for key, completion in batching.collected({**ways.running, **batched}, save):
            yield key, completion, True

    def _direct(self, requests: Mapping[str, Request]) -> Iterator[tuple[str, Completion]]:
        keys = list(requests)
        for index, completion in self.backend.complete(list(requests.values())):
            yield keys[index], completion

    def compact(self) -> None:
        """Keep the ledger quick to search; the completions are safe whether or not this succeeds."""
        from generation.ledger.compaction import MANY_SEGMENTS, compact

        try:
            compact(self.ledger, at_least=MANY_SEGMENTS)
        except TrimtabError as error:
            self.report(f"{self.asset}: {error}")


def _is_of_another_renderer(completion: Completion) -> bool:
    return completion.prompt_digest is not None and completion.prompt_renderer != renderer()


class Search:
    """Requests by key: those done, and those missing.

    ``require`` raises BadInput for what was found and must not be used.
    """

    def __init__(
        self,
        find: Callable[[Sequence[str]], Mapping[str, Completion]],
        requests: Mapping[str, Request],
        require: Callable[[Mapping[str, Completion]], None],
    ) -> None:
        self._find, self.missing, self._require = find, dict(requests), require
        self.done: dict[str, Completion] = {}

    def look(self) -> None:
        """Find in the ledger what has come since the last look."""
        found = self._find(list(self.missing))
        self._require(found)
        self.add(found)

    def add(self, completions: Mapping[str, Completion]) -> None:
        """Take these as done."""
        self.done |= completions
        for key in completions:
            self.missing.pop(key, None)
