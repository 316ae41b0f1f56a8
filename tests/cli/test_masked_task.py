"""A masked draft is completed with what masks need, or refused with what would fit."""

import json
from pathlib import Path

from tests.cli.test_task import create, draft_file


def masked_draft(federation, limit: int) -> Path:
    """The draft of a masked task that says of masks only what it must: quorum, weights and a threshold."""
    path = draft_file(federation)
    draft = json.loads(path.read_text()) | {"masking": {"name": "masked", "threshold": 2}}
    draft["update"]["limit"] = limit
    for field in ("modes", "mode", "threshold", "share_window", "unmask_window", "limit"):
        draft["enforced"].pop(field, None)
    draft["enforced"] |= {"quorum": 3, "disclosure": 0, "max_participants": 8, "max_weight": 1000}
    path.write_text(json.dumps(draft))
    return path


def test_masked_draft_gets_its_numbers_and_windows_and_the_only_way_to_commit(cli, fresh) -> None:
    path = masked_draft(fresh, limit=2**12)
    result = create(cli, fresh, path, "--json")
    assert result.exit_code == 0, result.stderr
    enforced = json.loads(result.stdout)["enforced"]
    assert (enforced["mode"], enforced["modes"], enforced["threshold"]) == (1, 1, 2)
    assert enforced["share_window"] == enforced["commit_window"]
    assert enforced["unmask_window"] == enforced["reveal_window"]
    expected = {"together": 8, "neighbours": 7, "threshold": 5, "exposed": "0", "not_opened": "0"}
    assert json.loads(result.stdout)["masks"] == expected | {"provable": True}


def test_masked_task_of_many_shows_how_its_masks_may_fail(cli, fresh) -> None:
    path = masked_draft(fresh, limit=2**10)
    draft = json.loads(path.read_text())
    draft["enforced"] |= {"max_participants": 500, "max_weight": 100}
    path.write_text(json.dumps(draft))
    result = create(cli, fresh, path, "--json")
    assert result.exit_code == 0, result.stderr
    made = json.loads(result.stdout)
    expected = {"together": 500, "neighbours": 66, "threshold": 41, "exposed": "2^-42", "not_opened": "2^-30"}
    assert made["masks"] == expected | {"provable": True}
    shown = cli("task", "show", made["task"], "--store", fresh.store_address, *fresh.options)
    assert "2^-42" in shown.stdout and "2^-30" in shown.stdout


def test_masked_draft_whose_sums_could_wrap_is_refused_with_what_fits(cli, settled) -> None:
    path = masked_draft(settled, limit=2**24)
    result = create(cli, settled, path)
    assert result.exit_code != 0 and "lower the limit to 268435" in " ".join(result.stderr.split())
