"""The tables of a case. Verbs write them through :class:`weimin.cases.file.CaseFile` only."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from weimin.catalogue.models import ItemVersion
from weimin.network.models import Account, Area, Office, Post

STATES = ("received", "noticed", "accepted", "decided", "closed")


class Case(models.Model):
    """办件: one asking for one item. The row is the cache of its events."""

    id = models.BigAutoField(primary_key=True)
    number = models.TextField(db_collation="C")  # eleven digits, the last one checks
    item_version = models.ForeignKey(ItemVersion, models.PROTECT, db_index=False)
    state = models.TextField(default="received")
    outcome = models.TextField(blank=True, default="")  # granted denied refused withdrawn ended
    area = models.ForeignKey(Area, models.PROTECT, db_index=False)  # decides who is competent
    channel = models.TextField()  # window village web phone kiosk hotline grid mail
    applicant = models.TextField()  # masked, for lists
    facts = models.JSONField(default=dict)  # the form; what identifies is encrypted in it
    office = models.ForeignKey(Office, models.PROTECT, related_name="+", db_index=False)
    receiver = models.ForeignKey(Office, models.PROTECT, related_name="+", db_index=False)
    lead_post = models.ForeignKey(Post, models.PROTECT, related_name="+", db_index=False)
    first_contact = models.ForeignKey(
        Post, models.PROTECT, related_name="+", null=True, db_index=False
    )  # None once his hand-over was accepted
    hand_over_to = models.ForeignKey(
        Post, models.PROTECT, related_name="+", null=True, db_index=False
    )  # offered, not yet taken
    received_at = models.DateTimeField(db_default=Now())
    accepted_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)  # of the clock that runs now; None: stands still
    warn_on = models.DateField(null=True)  # from this day on it is yellow
    late = models.BooleanField(default=False)  # judged when a clock is met, and stays
    confidential = models.BooleanField(default=False)
    restricted = models.BooleanField(default=False, db_default=False)  # kept, and not used
    follow_hash = models.BinaryField(null=True)  # number + last four of the phone, keyed
    version = models.IntegerField(default=1)

    class Meta:
        db_table = "cases_case"
        constraints = [
            models.UniqueConstraint(fields=["number"], name="a_number_is_given_once"),
            models.CheckConstraint(condition=Q(state__in=STATES), name="case_state_known"),
            models.CheckConstraint(
                condition=Q(state="closed") | Q(closed_at=None), name="only_closed_has_an_end"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["decided", "closed"]) | ~Q(outcome=""),
                name="decided_has_an_outcome",
            ),
        ]
        indexes = [
            models.Index(
                fields=["office", "due_at"], name="case_to_accept",
                condition=Q(state__in=["received", "noticed"]),
            ),
            models.Index(
                fields=["due_at"], name="case_running_due", condition=~Q(state="closed")
            ),
        ]


class Step(models.Model):
    """环节: one opening of a step, at one office."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(Case, models.PROTECT, db_index=False)
    key = models.TextField()
    branch = models.TextField(default="")
    round = models.SmallIntegerField(default=1)
    state = models.TextField(default="open")
    outcome = models.TextField(null=True)
    office = models.ForeignKey(Office, models.PROTECT, null=True, db_index=False)
    account = models.ForeignKey(Account, models.PROTECT, null=True, db_index=False)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    warn_on = models.DateField(null=True)
    done_at = models.DateTimeField(null=True)
    late = models.BooleanField(default=False)
    answers = models.JSONField(null=True)
    version = models.SmallIntegerField(default=0)

    class Meta:
        db_table = "cases_step"
        constraints = [
            models.UniqueConstraint(
                fields=["case", "key", "branch", "round"], name="one_step_per_round"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "done", "skipped", "cancelled", "void"]),
                name="step_state_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["office", "due_at", "id"], name="step_open", condition=Q(state="open")
            )
        ]


class Clock(models.Model):
    """期限: one limit of a case: notice, decision, promise, delivery."""

    pk = models.CompositePrimaryKey("case", "kind")
    case = models.ForeignKey(Case, models.PROTECT, db_index=False)
    kind = models.TextField()
    start = models.DateField()
    term = models.TextField()
    extension = models.TextField(default="")
    due_on = models.DateField(null=True)
    due_at = models.DateTimeField(null=True)
    warn_on = models.DateField(null=True)
    printed_on = models.DateField(null=True)  # told to the resident: never moves later
    calendar = models.IntegerField()
    met_at = models.DateTimeField(null=True)
    late = models.BooleanField(default=False)

    class Meta:
        db_table = "cases_clock"


class Card(models.Model):
    """红黄牌: a card that a term earned its office. See :mod:`weimin.cases.cards`."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(Case, models.PROTECT, db_index=False)
    colour = models.TextField()
    about = models.TextField()  # which term: "promise 2026-06-10", "check 1"
    office = models.ForeignKey(Office, models.PROTECT, related_name="+", db_index=False)
    state = models.TextField(default="standing")
    issued_at = models.DateTimeField()

    class Meta:
        db_table = "cases_card"
        constraints = [
            models.UniqueConstraint(fields=["case", "about", "colour"], name="one_card_per_term"),
            models.CheckConstraint(
                condition=Q(colour__in=["yellow", "red"]), name="card_colour_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["standing", "contested", "upheld", "withdrawn"]),
                name="card_state_known",
            ),
        ]
        indexes = [models.Index(fields=["office", "-issued_at"], name="card_of_office")]


class Pause(models.Model):
    """A span in which the decision clocks stand still, with its lawful reason."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(Case, models.PROTECT)
    reason = models.TextField()
    note = models.TextField(blank=True)
    counts = models.BooleanField()  # the law lets these days count: the clock goes on
    began = models.DateField()
    expected = models.TextField(blank=True)  # how long, as the applicant was told
    ended = models.DateField(null=True)

    class Meta:
        db_table = "cases_pause"
        constraints = [
            models.CheckConstraint(
                condition=Q(ended=None) | Q(ended__gte=F("began")), name="pause_ends_after_began"
            ),
            models.UniqueConstraint(
                fields=["case"], condition=Q(ended=None), name="one_open_pause"
            ),
        ]


class Access(models.Model):
    """This office may see this case, and why at first. The only source of the right to see."""

    pk = models.CompositePrimaryKey("office", "case")
    office = models.ForeignKey(Office, models.PROTECT, db_index=False)
    case = models.ForeignKey(Case, models.PROTECT, db_index=False)
    why = models.TextField()  # receiver competent step line_above supervision transferred

    class Meta:
        db_table = "cases_access"


class Party(models.Model):
    """Somebody for whom or by whom the case is asked."""

    pk = models.CompositePrimaryKey("case", "role", "seq")
    case = models.ForeignKey(Case, models.PROTECT, db_index=False)
    role = models.TextField()  # applicant agent guardian member
    seq = models.SmallIntegerField(default=1)
    person = models.ForeignKey("registry.Person", models.PROTECT, null=True, db_index=False)
    organisation = models.ForeignKey(
        "registry.Organisation", models.PROTECT, null=True, db_index=False
    )
    paper = models.TextField(blank=True)  # what shows the right to act: 委托书, 监护证明
    relation = models.TextField(blank=True, default="", db_default="")  # to the applicant: 配偶

    class Meta:
        db_table = "cases_party"
        constraints = [
            models.CheckConstraint(
                condition=Q(person=None) ^ Q(organisation=None), name="party_is_one_of_two"
            )
        ]
        indexes = [
            models.Index(
                fields=["person"], name="party_person", condition=Q(person__isnull=False)
            ),
            models.Index(
                fields=["organisation"], name="party_organisation",
                condition=Q(organisation__isnull=False),
            ),
        ]


class Material(models.Model):
    """申请材料 of one case: have, missing, replaced by a certificate, promised later."""

    pk = models.CompositePrimaryKey("case", "key")
    case = models.ForeignKey(Case, models.PROTECT, db_index=False)
    key = models.TextField()
    state = models.TextField()  # have missing replaced promised declared
    file = models.ForeignKey("documents.File", models.PROTECT, null=True, db_index=False)
    certificate = models.ForeignKey(
        "registry.Certificate", models.PROTECT, null=True, db_index=False
    )
    note = models.TextField(blank=True)
    due_on = models.DateField(null=True)  # promised later: by when

    class Meta:
        db_table = "cases_material"


class Duty(models.Model):
    """Who was accountable since when, until the next one began: no gap, no overlap, one at a time."""

    pk = models.CompositePrimaryKey("case", "since")
    case = models.ForeignKey(Case, models.PROTECT, db_index=False)
    since = models.DateTimeField()
    post = models.ForeignKey(Post, models.PROTECT, db_index=False)
    account = models.ForeignKey(Account, models.PROTECT, null=True, db_index=False)

    class Meta:
        db_table = "cases_duty"  # its primary key is called one_lead_at_a_time


class Reply(models.Model):
    """What was answered to a request, by its idempotency key. Kept for 90 days.

    The receipt is not kept twice: it is that of the event ``seq`` of the case.
    """

    key = models.UUIDField(primary_key=True)  # digest of account, verb and the caller's key
    # Written in one statement with its case, which is never deleted: nothing to check again.
    case = models.ForeignKey(Case, models.PROTECT, db_index=False, db_constraint=False)
    seq = models.IntegerField()
    version = models.IntegerField()
    day = models.DateField(db_default=Now())
    asked = models.BinaryField()  # digest of what was asked
    state = models.TextField()

    class Meta:
        db_table = "cases_reply"
        indexes = [BrinIndex(fields=["day"], name="reply_age")]
