"""`federated`: the command line of prefect-federated. Each command imports what is heavy when it runs."""

import typer

from prefect_federated.cli import audit as audit_command
from prefect_federated.cli import demo as demo_command
from prefect_federated.cli import deploy as deploy_command
from prefect_federated.cli import devnet as devnet_command
from prefect_federated.cli import doctor as doctor_command
from prefect_federated.cli import init as init_command
from prefect_federated.cli import listen as listen_command
from prefect_federated.cli import relay as relay_command
from prefect_federated.cli import simulate as simulate_command
from prefect_federated.cli import verify as verify_command
from prefect_federated.cli.appeal import appeal_app
from prefect_federated.cli.at_rest import at_rest_app
from prefect_federated.cli.chain import chain_app
from prefect_federated.cli.consent import consent_app
from prefect_federated.cli.dataset import dataset_app
from prefect_federated.cli.governance import governance_app
from prefect_federated.cli.holder import holder_app
from prefect_federated.cli.model import model_app
from prefect_federated.cli.participant import participant
from prefect_federated.cli.policy import policy_app
from prefect_federated.cli.poster import poster_app
from prefect_federated.cli.registry import registry
from prefect_federated.cli.remedy import remedy_app
from prefect_federated.cli.round import round_app
from prefect_federated.cli.stats import stats_app
from prefect_federated.cli.task import task_app
from prefect_federated.cli.validator import validator_app

app = typer.Typer(
    name="federated",
    help="Federated learning between organisations that trust neither each other nor a server.",
    epilog="Errors end with 2 configuration, 3 task, 4 data, 5 consent, 6 altered bytes, 7 refused, 8 unreachable.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
app.command("demo")(demo_command.demo)
app.command("init", epilog="Example: federated init heart --data ward.csv --target ill")(init_command.init)
app.command(
    "simulate",
    epilog="Example: federated simulate --participants 100 --attackers 20 --attack alie --rule multi_krum --rounds 5",
)(simulate_command.simulate)
app.command("doctor", epilog="Example: federated doctor --chain https://node.example --store s3://models/fl")(
    doctor_command.doctor
)
app.command("deploy", epilog="Example: federated deploy --governance dev --keystore sponsor.json --chain URL")(
    deploy_command.deploy
)
app.command("devnet", epilog="Example: federated devnet --port 8545 --profile base")(devnet_command.devnet)
app.add_typer(chain_app, name="chain")
app.add_typer(task_app, name="task")
app.add_typer(round_app, name="round")
app.add_typer(stats_app, name="stats")
app.add_typer(participant, name="participant")
app.add_typer(validator_app, name="validator")
app.add_typer(poster_app, name="poster")
app.add_typer(holder_app, name="holder")
app.add_typer(consent_app, name="consent")
app.add_typer(registry, name="registry")
app.add_typer(model_app, name="model")
app.add_typer(remedy_app, name="remedy")
app.add_typer(dataset_app, name="dataset")
app.add_typer(policy_app, name="policy")
app.add_typer(at_rest_app, name="at-rest")
app.add_typer(appeal_app, name="appeal")
app.add_typer(governance_app, name="governance")
app.command("audit", epilog="Example: federated audit 1@champion --mlflow sqlite:///mlflow.db --html lineage.html")(
    audit_command.audit
)
app.command("verify", epilog="Example: federated verify 1 3 --store s3://models/fl --json")(verify_command.verify)
app.command(
    "challenge",
    epilog="Example: federated challenge 1 3 --store s3://models/fl --keystore me.json --sealing-key my.pem",
)(verify_command.challenge)
app.command("relay", epilog="Example: federated relay 1 --mailbox /srv/mailbox --keystore me.json --chain URL")(
    relay_command.relay
)
app.command("listen", epilog="Example: federated listen --silo hospital-a --task 1")(listen_command.listen)
