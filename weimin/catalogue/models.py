"""What may be asked: items, their published versions, and who was given which power."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q

from weimin.network.models import Area


class PackVersion(models.Model):
    """One publication of a place's pack. Never changes."""

    id = models.BigAutoField(primary_key=True)
    pack = models.TextField()
    number = models.IntegerField()
    digest = models.TextField()  # SHA-256 over the pack's files
    published_at = models.DateTimeField()
    published_by = models.ForeignKey("network.Account", models.PROTECT, null=True)
    note = models.TextField(blank=True)

    class Meta:
        db_table = "catalogue_pack_version"
        constraints = [models.UniqueConstraint(fields=["pack", "number"], name="pack_number_once")]


class PackArchive(models.Model):
    """The files of a publication, as one zip that can be published elsewhere. Never changes."""

    version = models.OneToOneField(PackVersion, models.PROTECT, primary_key=True)
    content = models.BinaryField()

    class Meta:
        db_table = "catalogue_pack_archive"


class Item(models.Model):
    """政务服务事项: a thing that residents may ask for, through all its versions."""

    id = models.BigAutoField(primary_key=True)
    code = models.TextField(unique=True)
    current = models.ForeignKey(
        "ItemVersion", models.PROTECT, null=True, related_name="+"
    )  # None: withdrawn from the catalogue

    class Meta:
        db_table = "catalogue_item"

    def __str__(self) -> str:
        return self.code


class ItemVersion(models.Model):
    """An item as it was published once. A case keeps the version it was received under."""

    id = models.BigAutoField(primary_key=True)
    item = models.ForeignKey(Item, models.PROTECT, related_name="versions")
    pack_version = models.ForeignKey(PackVersion, models.PROTECT)
    number = models.IntegerField()
    name = models.TextField()
    digest = models.TextField()
    data = models.JSONField()  # the item and its flow, as linted

    class Meta:
        db_table = "catalogue_item_version"
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="item_number_once")
        ]


POWERS = ("receive", "accept", "decide", "print")
POWER_TITLES = {"receive": "代收", "accept": "受理", "decide": "决定", "print": "出证"}


class Delegation(models.Model):
    """A power over an item is exercised at another level, in an area, for a span.

    下放 devolved: in the receiver's own name and with its seal. 委托 entrusted: in the name and
    with the seal of the office that gave it (行政许可法 art. 24), which also answers for it in
    reconsideration and in court (行政复议法 art. 19(3); 行政诉讼法 art. 26(5)).
    """

    id = models.BigAutoField(primary_key=True)
    item = models.ForeignKey(Item, models.PROTECT)
    power = models.TextField()
    area = models.ForeignKey(Area, models.PROTECT)  # in this area and all below it
    level = models.TextField()  # exercised by the line's office of this level
    kind = models.TextField()  # devolved | entrusted
    during = DateRangeField()
    document = models.TextField(blank=True)  # the paper that orders it
    pack = models.TextField(blank=True)  # the pack that says so; empty: the administration does

    class Meta:
        db_table = "catalogue_delegation"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["devolved", "entrusted"]), name="delegation_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(power__in=POWERS), name="delegation_power_known"
            ),
            models.CheckConstraint(
                condition=~Q(power="decide", level="village"), name="a_village_never_decides"
            ),
            ExclusionConstraint(
                name="one_delegation_per_area",
                expressions=[
                    ("item", RangeOperators.EQUAL),
                    ("power", RangeOperators.EQUAL),
                    ("area", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
            ),
        ]


class Readiness(models.Model):
    """What an area can really do for an item today; the most specific row counts.

    Having the power is one thing, a printer and a line into the system another: the guide
    tells the resident what can be finished here.
    """

    id = models.BigAutoField(primary_key=True)
    item = models.ForeignKey(Item, models.PROTECT)
    area = models.ForeignKey(Area, models.PROTECT)
    power = models.TextField()
    ready = models.BooleanField()
    reason = models.TextField(blank=True)
    pack = models.TextField(blank=True)  # the pack that says so; empty: the administration does

    class Meta:
        db_table = "catalogue_readiness"
        constraints = [
            models.UniqueConstraint(fields=["item", "area", "power"], name="readiness_once")
        ]
