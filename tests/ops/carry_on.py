"""Do the next thing with every running case of a place: ``python -m tests.ops.carry_on``.

Works in the installation that the environment names, as the commands of ``weimin`` do, and prints
a line a case: its number, its state and the verb. Whoever is offered work does it.
"""

import random
from datetime import datetime

from weimin.ops.command import start_django

start_django()

from weimin.cases import verbs  # noqa: E402
from weimin.cases.file import CaseFile  # noqa: E402
from weimin.cases.materials import missing  # noqa: E402
from weimin.cases.models import Access, Case  # noqa: E402
from weimin.flow.actions import Action  # noqa: E402
from weimin.kernel.clock import SHANGHAI  # noqa: E402
from weimin.network.models import Holding  # noqa: E402
from weimin.network.staff import acting  # noqa: E402
from weimin.ops.stage import Moment, Stage  # noqa: E402

NOW = datetime(2026, 12, 16, 10, tzinfo=SHANGHAI)  # a Wednesday, after all that is in the data


def offers(number: str) -> list[tuple[CaseFile, Action]]:
    """The case as everybody sees it who may, with each action that he is offered."""
    people = Holding.objects.filter(
        post__office__in=Access.objects.filter(case__number=number).values("office"))
    files = (CaseFile.load(number, actor=acting(account, on=NOW.date()), now=NOW, lock=False)
             for account in people.order_by("id").values_list("account", flat=True))
    return [(file, action) for file in files for action in file.actions()]


def carry_on(stage: Stage, number: str) -> str:
    """Do what comes next by somebody who is offered it; the verb."""
    offered = offers(number)
    first = [o for o in offered if o[1].primary] or [o for o in offered if o[1].verb == "notify_missing"]
    assert first, f"{number}: nobody is offered what comes next"
    file, action = first[0]
    if action.step is not None:
        moment = Moment(NOW, NOW, random.Random(number))
        stage.work(file, file.row_of(action.step), moment, who=file.actor)
        return action.verb
    brought = dict.fromkeys(material.key for material in missing(file))
    params = {"have": brought} if action.verb == "supplement" else {}
    getattr(verbs, action.verb)(number, actor=file.actor, now=NOW, **params)
    return action.verb


def main() -> None:
    """Every case that is not closed."""
    stage = Stage()
    running = Case.objects.exclude(state="closed").order_by("id")
    for number, state in running.values_list("number", "state"):
        print(number, state, carry_on(stage, number), flush=True)


if __name__ == "__main__":
    main()
