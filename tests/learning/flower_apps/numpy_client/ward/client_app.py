"""A ClientApp made from a client_fn, with a NumPyClient; its data come by node_config."""

from flwr.app import Context
from flwr.client import NumPyClient
from flwr.clientapp import ClientApp
from ward.task import fit, load_data, losses


class WardClient(NumPyClient):
    def __init__(self, x, y, epochs: int, lr: float) -> None:
        self.x, self.y, self.epochs, self.lr = x, y, epochs, lr

    def fit(self, parameters, config):
        weights, bias = fit(*parameters, self.x, self.y, self.epochs, self.lr)
        loss = losses(weights, bias, self.x, self.y)[0]
        return [weights, bias], len(self.y), {"train_loss": loss, "server-round": config["server-round"]}

    def evaluate(self, parameters, config):
        loss, accuracy = losses(*parameters, self.x, self.y)
        return loss, len(self.y), {"eval_acc": accuracy}


def client_fn(context: Context):
    x, y = load_data(context.node_config["data-path"], context.node_config["target"])
    config = context.run_config
    return WardClient(x, y, config["local-epochs"], config["optimizer.lr"]).to_client()


app = ClientApp(client_fn=client_fn)
