"""A server of the /v1 protocol, asked as it is: no field is renamed or left out."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pydantic import JsonValue

from generation.capabilities.server import ATTEMPTS, MOST_SECONDS, NOT_THERE, Lost, Refused, Server
from generation.openai_server.protocol import Fields

if TYPE_CHECKING:
    import openai


class OpenAIServer(Server):
    """One model of a server, through the openai client."""

    _client: "openai.OpenAI"

    def __enter__(self) -> "OpenAIServer":
        import openai

        self._client = openai.OpenAI(
            base_url=self.settings.base_url,
            api_key=self._key or "none",
            max_retries=ATTEMPTS - 1,
            timeout=min(MOST_SECONDS, self.settings.timeout_seconds),
        )
        self._model, self.vllm = self._served()
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def _post(self, messages: list[Mapping[str, str]], fields: Fields) -> JsonValue | Refused | Lost:
        self.num_calls += 1
        body = {"messages": messages, **fields}
        create = self._client.chat.completions.with_raw_response.create
        return self._called(lambda: create(model=self._model, messages=[], extra_body=body).text)

    def batches(self) -> bool | Refused | Lost:
        """Whether the server lists batches, which costs nothing."""
        listed = self._called(lambda: self._client.batches.with_raw_response.list(limit=1).text)
        if isinstance(listed, Refused | Lost):
            return listed
        return isinstance(listed, dict) and listed.get("object") == "list"

    def _served(self) -> tuple[str, bool]:
        listed = self._called(lambda: self._client.models.with_raw_response.list().text)
        entries = listed.get("data") if isinstance(listed, dict) else None
        models = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
        named = self.settings.served_model
        model: Fields = next((entry for entry in models if named in (None, entry.get("id"))), {})
        return named or str(model.get("id", "")), model.get("owned_by") == "vllm"

    def _text(self, call: Callable[[], str]) -> str | Refused | Lost:
        import openai

        try:
            return call()
        except openai.APIStatusError as error:
            return self._refusal(error)
        except openai.APIConnectionError:
            return NOT_THERE
