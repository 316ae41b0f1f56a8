"""Ties an MLflow run to the Prefect run that it is started in: MLflow asks this for tags whenever a run starts.

flow run, task run of the moment --> prefect.flow_run_id, prefect.task_run_id, prefect.flow_name, ...
"""

import sys

from mlflow.tracking.context.abstract_context import RunContextProvider


class PrefectRunContext(RunContextProvider):
    """Tags of the flow run and task run that MLflow is used in; none outside of Prefect."""

    def in_context(self) -> bool:
        """Whether a flow or task runs here; Prefect is not imported to find out."""
        return bool(self.tags())

    def tags(self) -> dict[str, str]:
        """Ids and names of the runs."""
        if "prefect.context" not in sys.modules:
            return {}
        from prefect.context import FlowRunContext, TaskRunContext

        found: dict[str, str] = {}
        if (task := TaskRunContext.get()) is not None:
            found |= {"prefect.task_run_id": str(task.task_run.id), "prefect.task_run_name": task.task_run.name}
            if task.task_run.flow_run_id is not None:
                found["prefect.flow_run_id"] = str(task.task_run.flow_run_id)
        if (flow := FlowRunContext.get()) is not None and flow.flow_run is not None:
            found |= {
                "prefect.flow_run_id": str(flow.flow_run.id),
                "prefect.flow_run_name": flow.flow_run.name,
                "prefect.flow_name": str(flow.flow.name) if flow.flow else "",
            }
        return found
