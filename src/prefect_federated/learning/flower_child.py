"""Runs a Flower ClientApp on one message, in a process and an interpreter of its own: `flower_app` starts it.

request.json + given.npz --Message, Context--> ClientApp --reply--> outcome.json + result.npz

It needs Flower, numpy and the standard library; nothing of this package is installed beside Flower. Its siblings
`fence` and `lifeline` lie in the same folder.
"""

import importlib
import json
import os
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np

ARRAYS, CONFIG = "arrays", "config"  # the keys of Flower's own strategies


class Unfit(Exception):
    """Raised when the app, or the interpreter, is not what it should be; the message is of code, never of rows."""


def main(folder: Path) -> None:
    """Answer the request that lies in the folder; an error is told by its class, for its message may quote a row."""
    from lifeline import end_with_parent

    end_with_parent(folder)
    reached: list[str] = []
    try:
        outcome = _answer(folder, json.loads((folder / "request.json").read_text()), reached)
    except Unfit as error:
        outcome = {"unfit": str(error)}
    except BaseException as error:
        outcome = {"failed": type(error).__name__}
    (folder / "outcome.json").write_text(json.dumps({**outcome, "reached": sorted(set(reached))}))


def _answer(folder: Path, request: dict[str, Any], reached: list[str]) -> dict[str, Any]:
    try:
        from flwr.clientapp import ClientApp
    except ImportError as error:
        raise Unfit(f"this Python cannot import Flower's ClientApp ({error})") from error
    from fence import put_up

    os.chdir(folder)
    sys.path.insert(0, str(folder / "app"))
    put_up(folder, reached)
    app = _loaded(request["app"])
    if not isinstance(app, ClientApp):
        raise Unfit(f"{request['app']} is a {type(app).__name__}, not a ClientApp")
    _seed(request["seed"])
    legacy = getattr(app, "_call", None) is not None  # made from a client_fn
    return _told(folder, app(_message(folder, request, legacy), _context(request)), request["what"])


def _loaded(reference: str) -> Any:
    place, _, name = reference.partition(":")
    found: Any = importlib.import_module(place)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def _seed(seed: int) -> None:
    """Seed what an app draws from without naming a generator; what asks the system for entropy stays as it is."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    if torch := sys.modules.get("torch"):
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(True, warn_only=True)


def _message(folder: Path, request: dict[str, Any], legacy: bool) -> Any:
    from flwr.app import Array, ArrayRecord, ConfigRecord, Metadata, RecordDict
    from flwr.app.message import make_message

    with np.load(folder / "given.npz", allow_pickle=False) as given:
        names = request["names"]
        arrays = ArrayRecord({name: Array(given[f"arr_{place}"]) for place, name in enumerate(names)})
    kind = {"train": "fitins", "evaluate": "evaluateins"}[request["what"]]
    keys = (f"{kind}.parameters", f"{kind}.config") if legacy else (ARRAYS, CONFIG)
    content = RecordDict({keys[0]: arrays, keys[1]: ConfigRecord(request["config"])})
    head = {"run_id": 1, "message_id": "1", "src_node_id": 1, "dst_node_id": 1, "reply_to_message_id": ""}
    told = {"group_id": str(request["round"]), "created_at": request["now_s"], "ttl": 86_400.0}
    return make_message(Metadata(**head, **told, message_type=request["what"]), content)


def _context(request: dict[str, Any]) -> Any:
    from flwr.app import Context, RecordDict

    node = {"partition-id": 0, "num-partitions": 1, **request["node_config"]}
    return Context(run_id=1, node_id=1, node_config=node, state=RecordDict(), run_config=request["run_config"])


def _told(folder: Path, reply: Any, what: str) -> dict[str, Any]:
    """The reply in numbers: arrays in a file of their own, the rest as names and numbers."""
    if reply.has_error():
        return {"failed": "an error reply"}
    content = reply.content
    for record in content.config_records.values():
        if record.get("code", 0) != 0 and "message" in record:
            return {"failed": f"status {record['code']}"}
    arrays: Any = next(iter(content.array_records.values()), {})
    np.savez(folder / "result.npz", *(one.numpy() for one in arrays.values()))
    numbers: dict[str, float] = {}
    for record in (*content.config_records.values(), *content.metric_records.values()):
        numbers |= {name: value for name, value in record.items() if isinstance(value, int | float)}
    examples = numbers.pop("num-examples", numbers.pop("num_examples", 0))
    numbers.pop("code", None)
    return {"names": list(arrays), "examples": int(examples), "metrics": numbers, "what": what}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
