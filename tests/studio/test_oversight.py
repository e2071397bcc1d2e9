"""The page of a report on oversight: who was found out, and intervals as they are stored."""

from starlette.testclient import TestClient

from datasets_registry.registry import Registry
from datasets_registry.rows.oversight.debates import Debate
from datasets_registry.rows.oversight.report import OversightFigure
from datasets_registry.rows.row import Row
from datasets_registry.version import Derivation
from tests.rows import make

NOTHING = Derivation(code_version="1", settings={}, inputs=())
SAYS = "judge <b>base</b> chose the first seat in 98 % (95 % to 99 %) of debates"


def test_those_found_out_are_named_and_figures_drawn(client: TestClient, registry: Registry) -> None:
    figures: list[Row] = [
        make(OversightFigure, num_missing=3),
        make(OversightFigure, figure="difference", part="debate less naive", value=0.2, low=0.1, high=0.3),
        make(OversightFigure, figure="first_seat_share", flagged=True, at_most=0.8, says=SAYS),
        make(OversightFigure, figure="gap", value=None, low=None, high=None, num_items=0),
        make(OversightFigure, figure="amplified_accuracy", role="policy", kind="problem", num_missing=2),
    ]
    version = registry.commit(OversightFigure, figures, NOTHING)
    registry.record_checks(version, [])
    assert f'href="/oversight/{version}"' in client.get(f"/version/{version}").text
    text = client.get(f"/oversight/{version}").text
    assert text.count("judge &lt;b&gt;base&lt;/b&gt; chose the first seat in 98 %") == 2
    assert "judge base_policy: hidden passages" in text and "3 without a verdict" in text
    assert "2 without an answer" in text
    assert text.count('<svg class="intervals"') == 4 and "nothing measured, n = 0" in text
    assert "at most 0.8" in text and text.count('class="interval worse"') == 1
    other = registry.commit(Debate, [make(Debate)], NOTHING)
    refused = client.get(f"/oversight/{other}")
    assert refused.status_code == 400 and "holds no report on oversight" in refused.text
