"""The documentation is true: its Python runs, its links lead somewhere, its commands exist."""

import re
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)\)")
COMMAND = re.compile(r"(?:`|^\s*(?:\$ )?(?:[A-Z_]+=\S+ )*)federated ((?:[^`\n\\]|\\\n)*)", re.MULTILINE)


def names(pages: list[Path]) -> list[str]:
    return [str(page.relative_to(ROOT)) for page in pages]


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_every_relative_link_and_image_is_there(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text()) if "://" not in link]
    assert not [link for link in links if not (page.parent / link).exists()]


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_python_in_the_page_runs_from_top_to_bottom(page: Path, tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(), flags=re.DOTALL)
    if not blocks:
        return
    done = subprocess.run([sys.executable, "-c", "\n".join(blocks)], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_every_make_target_named_in_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = set(re.findall(r"`?make ([a-z-]+)", (ROOT / "README.md").read_text()))
    assert {"demo", "test"} <= named <= targets


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_every_anchor_is_a_heading(page: Path) -> None:
    gone = list[str]()
    for link in re.findall(r"\]\(([^)\s]*#[^)\s]+)\)", page.read_text()):
        file, _, anchor = link.partition("#")
        if "://" in link or Path(file).suffix not in ("", ".md"):
            continue
        target = page.parent / file if file else page
        if not target.exists() or anchor not in anchors(target):
            gone.append(link)
    assert not gone


def anchors(page: Path) -> set[str]:
    """What GitHub calls the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), flags=re.MULTILINE)
    plain = [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_every_command_and_option_named_in_the_page_exists(page: Path) -> None:
    unknown = list[str]()
    for typed in COMMAND.findall(page.read_text()):
        unknown += unknown_in(typed.replace("\\\n", " ").split("#")[0].split())
    assert not unknown


def test_every_command_that_a_message_or_an_example_names_exists() -> None:
    """A message is text over several lines, with values in it."""
    unknown = list[str]()
    for path in chain.from_iterable((ROOT / part).rglob("*.py") for part in ("src", "blocks", "flows", "tasks")):
        text = re.sub(r'"\s*\n\s*f?"', "", path.read_text())
        for typed in re.findall(r'(?:`|Example: )federated ([^`\n"]*)', text):
            unknown += [f"{path}: {name}" for name in unknown_in(re.sub(r"\{[^}]*\}", "X", typed).split())]
    assert not unknown


def unknown_in(words: list[str]) -> list[str]:
    """Names of commands, and options, of a command line that there are not; `a|b` is both."""
    from typer.main import get_command

    from prefect_federated.cli.main import app

    command, path = get_command(app), "federated"
    while words and (commands := getattr(command, "commands", None)) and words[0][0].isalpha():
        choices = [word.rstrip(".,;:") for word in words[0].split("|")]
        if gone := [choice for choice in choices if choice not in commands]:
            return [f"{path} {choice}" for choice in gone]
        command, path, words = commands[choices[0]], f"{path} {choices[0]}", words[1:]
    known = {"--help"}.union(*((*one.opts, *one.secondary_opts) for one in command.params))
    options = {word.split("=")[0].rstrip(".,;:)") for word in words if word.startswith("--")}
    return [f"{path} {option}" for option in sorted(options - known)]


def test_the_governance_table_is_what_the_contracts_tests_measured() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "governance.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
