"""A ClientApp of Flower's message API, as `flwr new` writes it; its data come by node_config."""

from flwr.app import Array, ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from ward.task import fit, load_data, losses

app = ClientApp()


@app.train()
def train(message: Message, context: Context) -> Message:
    arrays, config = message.content["arrays"], context.run_config
    x, y = load_data(context.node_config["data-path"], context.node_config["target"])
    weights, bias = fit(
        arrays["weights"].numpy(), arrays["bias"].numpy(), x, y, config["local-epochs"], config["optimizer.lr"]
    )
    metrics = {
        "train_loss": losses(weights, bias, x, y)[0],
        "num-examples": len(y),
        "server-round": message.content["config"]["server-round"],
    }
    model = ArrayRecord({"weights": Array(weights), "bias": Array(bias)})
    return Message(RecordDict({"arrays": model, "metrics": MetricRecord(metrics)}), reply_to=message)


@app.evaluate()
def evaluate(message: Message, context: Context) -> Message:
    arrays = message.content["arrays"]
    x, y = load_data(context.node_config["data-path"], context.node_config["target"])
    loss, accuracy = losses(arrays["weights"].numpy(), arrays["bias"].numpy(), x, y)
    metrics = {"eval_loss": loss, "eval_acc": accuracy, "num-examples": len(y)}
    return Message(RecordDict({"metrics": MetricRecord(metrics)}), reply_to=message)
