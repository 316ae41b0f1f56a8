"""The exported bundle: it verifies anywhere, one edited byte is named, and a new manifest does not hide an edit."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from prefect_federated.adapters.evm.event_index import EventIndex
from prefect_federated.adapters.lineage import verify
from prefect_federated.adapters.lineage.auditing import audit
from prefect_federated.adapters.lineage.bundle import export
from prefect_federated.adapters.lineage.sources import read_documents, read_facts
from prefect_federated.adapters.lineage.verify import Wrong, check
from prefect_federated.cli.auditor import auditor
from prefect_federated.core.errors import ConfigurationError
from tests.cli.conftest import Cli, SmallFederation
from tests.lineage.conftest import indexed

LINES = 200


@pytest.fixture(scope="module")
def whole(settled: SmallFederation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    index, evidence = EventIndex(folder / "index.sqlite"), folder / "evidence"
    federation, party = indexed(settled, index), auditor(settled.reader, settled.store_address)
    facts = read_facts(federation, index, settled.task)
    evidence.mkdir()
    preimage = f"{settled.silos[0].address}/1/evidence".encode()  # what the small federation hashes
    (evidence / "mine.json").write_bytes(preimage)
    (evidence / "other.json").write_bytes(b"nobody's")
    found = audit("2", facts, 2, read_documents(party, facts))
    export(folder / "bundle", federation, party, facts, found, evidence)
    return folder / "bundle"


@pytest.fixture
def bundle(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "bundle"))


def run(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """As an auditor would: a Python without any installed package."""
    command = [sys.executable, "-I", "-S", str(folder / "verify.py"), *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_script_is_short_and_needs_python_alone(bundle: Path) -> None:
    assert len(Path(verify.__file__).read_text().splitlines()) <= LINES
    done = run(bundle)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ok:") == 5 and "each the parent of the next" in done.stdout
    names = {str(path.relative_to(bundle)) for path in bundle.rglob("*") if path.is_file()}
    assert {"audit.json", "headers.jsonl", "receipts.jsonl", "documents/spec.json", "verify.py"} < names
    assert {"documents/version-1.json", "documents/version-2.json"} < names
    assert len([name for name in names if name.startswith("records/")]) == 1


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_one_edited_byte_anywhere_is_named_with_its_file(bundle: Path) -> None:
    for name in files(bundle):
        path = bundle / name
        content = path.read_bytes()
        for at in {0, len(content) // 3, len(content) // 2, len(content) - 1}:
            path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
            with pytest.raises(Wrong, match=f"^{name}: "):
                list(check(bundle))
        path.write_bytes(content)
    assert len(list(check(bundle))) == 5


def test_script_names_an_edited_file_too(bundle: Path) -> None:
    with (bundle / "receipts.jsonl").open("a") as file:
        file.write(" ")
    done = run(bundle)
    assert done.returncode == 1 and done.stderr.startswith("wrong: receipts.jsonl: ")


def test_file_that_is_missing_or_one_too_many_is_named(bundle: Path) -> None:
    (bundle / "more.txt").write_text("x")
    with pytest.raises(Wrong, match=r"^more.txt: "):
        list(check(bundle))
    (bundle / "more.txt").unlink()
    (bundle / "documents" / "spec.json").unlink()
    with pytest.raises(Wrong, match=r"^documents/spec.json: "):
        list(check(bundle))


def reseal(folder: Path, change: Callable[[dict], None] = lambda manifest: None) -> None:
    """Write the manifest anew, as somebody would who wants to hide an edit."""
    manifest = json.loads((folder / "manifest.json").read_text().rpartition("\n")[0])
    change(manifest)
    manifest["files"] = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in manifest["files"]}
    body = json.dumps(manifest, sort_keys=True, indent=1)
    (folder / "manifest.json").write_text(f"{body}\n{hashlib.sha256(body.encode()).hexdigest()}")


def edit_line(path: Path, line: int, change: Callable[[object], object]) -> None:
    lines = path.read_text().splitlines()
    number, content = json.loads(lines[line])
    lines[line] = json.dumps([number, change(content)])
    path.write_text("\n".join(lines))


def flipped(text: str, at: int) -> str:
    return text[:at] + f"{int(text[at], 16) ^ 1:x}" + text[at + 1 :]


def test_new_manifest_does_not_hide_an_edited_header(bundle: Path) -> None:
    edit_line(bundle / "headers.jsonl", 3, lambda raw: flipped(str(raw), 40))
    reseal(bundle)
    with pytest.raises(Wrong, match=r"^headers.jsonl: block \d+ has another number, or another parent"):
        list(check(bundle))


def test_new_manifest_does_not_hide_an_edited_log(bundle: Path) -> None:
    edit_line(bundle / "receipts.jsonl", 5, lambda raw: [flipped(raw[0], -3), *raw[1:]])
    reseal(bundle)
    with pytest.raises(Wrong, match=r"^receipts.jsonl: the receipts of block \d+"):
        list(check(bundle))


def test_new_manifest_does_not_hide_an_edited_document(bundle: Path) -> None:
    for name in ("documents/spec.json", "documents/version-1.json"):
        path = bundle / name
        content = path.read_bytes()
        path.write_bytes(content.replace(b"0.9", b"0.8") if b"0.9" in content else content.replace(b"GRU", b"HMB"))
        assert path.read_bytes() != content
        reseal(bundle)
        with pytest.raises(Wrong, match=f"^{name}: neither it nor its metrics"):
            list(check(bundle))
        path.write_bytes(content)


def test_new_manifest_does_not_hide_other_versions_in_the_audit(bundle: Path) -> None:
    text = (bundle / "audit.json").read_text()
    told = json.loads(text)
    told["versions"][1]["version_hash"] = "0x" + "00" * 32
    (bundle / "audit.json").write_text(json.dumps(told))
    reseal(bundle)
    with pytest.raises(Wrong, match=r"^audit.json: "):
        list(check(bundle))


def test_another_version_or_block_in_the_manifest_is_found(bundle: Path) -> None:
    reseal(bundle, lambda manifest: manifest.update(version_hash="0x" + "11" * 32))
    with pytest.raises(Wrong, match="no version in its logs"):
        list(check(bundle))


def test_block_that_the_auditor_trusts_must_be_the_last(bundle: Path) -> None:
    newest = json.loads((bundle / "manifest.json").read_text().rpartition("\n")[0])["as_of"]["hash"]
    assert run(bundle, str(bundle), newest).returncode == 0
    other = run(bundle, str(bundle), "0x" + "00" * 32)
    assert other.returncode == 1 and "you say 0x000" in other.stderr


def test_command_exports_and_refuses_a_folder_with_something_in_it(
    cli: Cli, settled: SmallFederation, tmp_path: Path
) -> None:
    common = [settled.task, *settled.options, "--store", settled.store_address, "--index", tmp_path / "i.sqlite"]
    said = cli("audit", *common, "--export", tmp_path / "out")
    assert said.exit_code == 0, said.output
    assert run(tmp_path / "out").returncode == 0
    again = cli("audit", *common, "--export", tmp_path / "out")
    assert again.exit_code == 2 and "not empty" in again.stderr
    with pytest.raises(ConfigurationError, match="not empty"):
        export(tmp_path / "out", settled.reader, None, None, None)
