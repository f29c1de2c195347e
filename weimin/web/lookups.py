"""Whom an officer looked up in the registry today: what it told him leaves a trace."""

from django.utils.translation import gettext as _

from weimin.catalogue.spec import ItemSpec
from weimin.kernel import clock
from weimin.network.actor import Actor
from weimin.registry.models import Person
from weimin.trail.models import Reveal


def note(actor: Actor, person: Person, item: ItemSpec) -> None:
    """Leave a trace, once a day for an officer and a person."""
    if not noted(actor, person):
        Reveal.objects.create(
            account_id=actor.account_id, post_id=actor.post_id, subject_type="person",
            subject_id=person.pk, what="intake", purpose=_("收件带出：{}").format(item.name),
        )


def noted(actor: Actor, person: Person) -> bool:
    """Whether this officer looked that person up today, of which there is a trace."""
    midnight = clock.local(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    return Reveal.objects.filter(account_id=actor.account_id, subject_type="person", what="intake",
                                 subject_id=person.pk, at__gte=midnight).exists()
