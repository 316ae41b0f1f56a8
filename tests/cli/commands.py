"""The command line in this process."""

import json
from dataclasses import dataclass
from typing import Any

from click.testing import Result
from typer.testing import CliRunner

from prefect_federated.cli.main import app

PASSWORD = "correct horse"


@dataclass
class Cli:
    """Runs commands in this process and keeps what they said."""

    runner: CliRunner

    def __call__(self, *arguments: str, env: dict[str, str] | None = None) -> Result:
        settings = {"FEDERATED_PASSWORD": PASSWORD, "COLUMNS": "200"} | (env or {})
        return self.runner.invoke(app, [str(argument) for argument in arguments], env=settings)

    def json(self, *arguments: str) -> Any:
        """Run a command that must succeed and print nothing but JSON on stdout."""
        result = self(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)
