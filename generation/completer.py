"""Completing requests through the ledger: what is stored is found, the rest is generated and saved."""

from collections.abc import Callable, Sequence

from generation.ledger import Ledger, Origin, Writer
from generation.progress import Progress
from generation.request import Backend, Completion, Request

Complete = Callable[[str, Sequence[Request]], list[Completion]]


class Completer:
    """One backend behind the ledger; calling it gives completions in the order of the requests."""

    def __init__(
        self, backend: Backend, ledger: Ledger, *, asset: str, report: Callable[[str], None]
    ) -> None:
        self.backend, self.ledger, self.asset, self.report = backend, ledger, asset, report
        self.num_found = self.num_generated = 0

    def __call__(self, stage: str, requests: Sequence[Request]) -> list[Completion]:
        """The completions of ``requests``; ``stage`` names the work in the progress lines.

        Equal requests are generated once. Finished work is saved within five seconds, whatever
        happens to the rest.
        """
        keys = [one.key(self.backend.fingerprint) for one in requests]
        done = self.ledger.find(keys)
        missing = {key: one for key, one in zip(keys, requests, strict=True) if key not in done}
        self.num_found += len(done)
        self.num_generated += len(missing)
        title = f"{self.asset}: {stage}"
        self.report(f"{title}: {len(done)} of {len(done) + len(missing)} found in the ledger")
        if missing:
            done |= self._generate(title, missing)
        return [done[key] for key in keys]

    def _generate(self, title: str, missing: dict[str, Request]) -> dict[str, Completion]:
        keys, requests = list(missing), list(missing.values())
        origin = Origin(self.backend.fingerprint, self.backend.name, self.asset)
        progress = Progress(title, len(requests), self.report)
        done = {}
        with Writer(self.ledger, origin) as writer:
            for index, completion in self.backend.complete(requests):
                writer.add(keys[index], requests[index], completion)
                done[keys[index]] = completion
                progress.advance(completion.num_prompt_tokens, completion.num_completion_tokens)
        progress.finish()
        return done
