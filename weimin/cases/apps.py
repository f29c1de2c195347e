"""The room of cases makes its step kinds and verbs known when Django starts."""

from importlib import import_module

from django.apps import AppConfig

from weimin.trail.verify import register


class CasesConfig(AppConfig):
    """Whoever reads a flow needs the kinds; whoever reads the trail needs the verbs' titles,
    and whoever verifies it the witness of the cases."""

    name = "weimin.cases"

    def ready(self) -> None:
        import_module("weimin.cases.kinds")
        import_module("weimin.cases.verbs")
        register("case", import_module("weimin.cases.proof").CaseWitness)
