"""A draft whose committee opens updates gets its threshold, and `task show` says who opens them."""

import json
from pathlib import Path
from typing import Any

from tests.cli.test_task import create, draft_file
from tests.cli.voting_scene import COMMITTEE


def opened_draft(federation, seats: int, **opening: Any) -> Path:
    path = draft_file(federation)
    draft = json.loads(path.read_text()) | {"opening": {"name": "committee", **opening}}
    draft["enforced"] |= COMMITTEE | {"validator_bond": str(COMMITTEE["validator_bond"]), "committee": seats}
    path.write_text(json.dumps(draft))
    return path


def test_draft_that_names_no_threshold_gets_more_than_half(cli, fresh) -> None:
    result = create(cli, fresh, opened_draft(fresh, 4), "--json")
    assert result.exit_code == 0, result.stderr
    record = json.loads(result.stdout)
    assert record["spec"]["opening"] == {"name": "committee", "threshold": 3}
    shown = cli("task", "show", record["task"], "--store", fresh.store_address, *fresh.options)
    assert "3 of 4 members of the committee together" in shown.stdout


def test_draft_with_more_than_all_members_is_refused_with_what_fits(cli, fresh) -> None:
    result = create(cli, fresh, opened_draft(fresh, 3, threshold=4))
    said = " ".join(result.stderr.split())
    assert result.exit_code == 3 and "opening.threshold is 4, the task's committee has 3 seats" in said
    assert "take a threshold of 2" in said


def test_other_tasks_say_that_each_reader_opens_updates(cli, fresh) -> None:
    result = create(cli, fresh, draft_file(fresh), "--json")
    record = json.loads(result.stdout)
    assert "opening" not in record["spec"]
    shown = cli("task", "show", record["task"], "--store", fresh.store_address, *fresh.options)
    assert "each reader by itself" in shown.stdout
