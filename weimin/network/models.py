"""Who serves, and where: areas, lines, offices, posts and the people who hold them.

Nothing is ever deleted here. Areas and offices have days from and to which they exist, and a
successor; a code is never given a second time.
"""

from datetime import date

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q

LEVELS = ("village", "town", "county", "city")
LEVEL_TITLES = {"village": "村（社区）", "town": "乡镇（街道）", "county": "县（市、区）", "city": "市"}


def living(on: date) -> Q:
    """Areas or offices that exist on a day."""
    return Q(valid_from__lte=on) & (Q(valid_to=None) | Q(valid_to__gt=on))


class Area(models.Model):
    """A division: city, county, town or street, village or community."""

    code = models.TextField(primary_key=True)  # 4, 6, 9 or 12 digits; never given twice
    name = models.TextField()
    full_name = models.TextField()  # 衡南县云集镇某某村
    sort_key = models.TextField()  # pinyin
    level = models.TextField()
    kind = models.TextField(default="ordinary")  # ordinary | zone | park | virtual | prison
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    path = models.TextField()  # /4304/430421/430421103/430421103205/
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)  # the first day on which it is no more
    successor = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    note = models.TextField(blank=True)

    class Meta:
        db_table = "network_area"
        constraints = [
            models.CheckConstraint(condition=Q(level__in=LEVELS), name="area_level_known"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=models.F("valid_from")),
                name="area_ends_after_it_begins",
            ),
        ]
        indexes = [
            models.Index(
                fields=["path"], name="area_path", opclasses=["text_pattern_ops"]
            )
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def ancestors(self) -> list[str]:
        """Codes from the city down to the area itself."""
        return self.path.strip("/").split("/")

    def standing(self, on: date) -> "Area | None":
        """The area itself, or what it was merged into; None where nothing took its place."""
        area: Area | None = self
        while area is not None and area.valid_to is not None and area.valid_to <= on:
            area = area.successor
        return area


class Line(models.Model):
    """条: a department's line from the city down, such as 民政."""

    key = models.TextField(primary_key=True)
    name = models.TextField()
    order = models.SmallIntegerField(default=0)

    class Meta:
        db_table = "network_line"

    def __str__(self) -> str:
        return self.name


class Office(models.Model):
    """块 × 条: an office of an area that works for one or more lines."""

    id = models.BigAutoField(primary_key=True)
    code = models.TextField(unique=True)  # 430421.civil-affairs
    name = models.TextField()
    area = models.ForeignKey(Area, models.PROTECT)
    level = models.TextField()
    kind = models.TextField(default="office")  # office | centre | station | government
    lines = models.ManyToManyField(Line, through="OfficeLine")
    supervises = models.BooleanField(default=False)  # sees the cases of its whole area
    phone = models.TextField(blank=True)
    address = models.TextField(blank=True)
    # Of a government that reviews: where an application for reconsideration is filed online.
    reconsideration = models.TextField(blank=True, default="", db_default="")
    # 机关代字, with which the numbers of its papers begin; empty: its whole name does.
    document_word = models.TextField(blank=True, default="", db_default="")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)  # the first day on which it is no more
    # Who keeps its archive and its cases; a line that went to another office goes there.
    successor = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    pack = models.TextField(blank=True)  # the pack that names it; empty: the administration does
    # Fields of a pack's row on which the administration has the last word: name, valid_to.
    kept = ArrayField(models.TextField(), default=list, db_default=[])

    class Meta:
        db_table = "network_office"

    def __str__(self) -> str:
        return self.name


class OfficeLine(models.Model):
    """An office works for a line; within one area and span only one office does."""

    id = models.BigAutoField(primary_key=True)
    office = models.ForeignKey(Office, models.PROTECT)
    line = models.ForeignKey(Line, models.PROTECT)
    area = models.ForeignKey(Area, models.PROTECT)  # the office's, here for the constraint
    during = DateRangeField()
    pack = models.TextField(blank=True)  # the pack that says so; empty: the administration does

    class Meta:
        db_table = "network_office_line"
        constraints = [
            ExclusionConstraint(
                name="one_office_per_line_and_area",
                expressions=[
                    ("area", RangeOperators.EQUAL),
                    ("line", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
            )
        ]


class Window(models.Model):
    """A window of a centre: where a resident stands."""

    id = models.BigAutoField(primary_key=True)
    office = models.ForeignKey(Office, models.PROTECT, related_name="windows")
    number = models.TextField()
    title = models.TextField()

    class Meta:
        db_table = "network_window"
        constraints = [
            models.UniqueConstraint(fields=["office", "number"], name="window_number_once")
        ]


class Post(models.Model):
    """A position in an office, whoever holds it. Duties belong to posts, not to people."""

    id = models.BigAutoField(primary_key=True)
    office = models.ForeignKey(Office, models.PROTECT, related_name="posts")
    key = models.TextField()
    title = models.TextField()
    roles = ArrayField(models.TextField())
    on_duty = models.BooleanField(default=False)  # takes what comes in at 3 a.m.
    valid_to = models.DateField(null=True)  # the first day on which it is no more
    pack = models.TextField(blank=True)  # the pack that names it; empty: the administration does
    # Fields of a pack's row on which the administration has the last word: title, on_duty, valid_to.
    kept = ArrayField(models.TextField(), default=list, db_default=[])

    class Meta:
        db_table = "network_post"
        constraints = [models.UniqueConstraint(fields=["office", "key"], name="post_key_once")]

    def __str__(self) -> str:
        return self.title


class AccountManager(BaseUserManager["Account"]):
    """Accounts are found by their user name, as it was typed."""

    def get_by_natural_key(self, username: str | None) -> "Account":
        return self.get(username=username)


class Account(AbstractBaseUser):
    """Somebody who can log in: a member of staff, or a resident by his phone."""

    id = models.BigAutoField(primary_key=True)
    username = models.TextField(unique=True)
    name = models.TextField()
    is_staff_member = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    # The password was chosen by somebody else: good for one log-in, at which a new one is chosen.
    must_change = models.BooleanField(default=False, db_default=False)
    # A neighbouring system: it has no password and comes with a token.
    is_program = models.BooleanField(default=False, db_default=False)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]
    objects = AccountManager()

    class Meta:
        db_table = "network_account"

    def __str__(self) -> str:
        return self.name


class Holding(models.Model):
    """An account holds a post for a span, or deputises for its holder."""

    id = models.BigAutoField(primary_key=True)
    post = models.ForeignKey(Post, models.PROTECT, related_name="holdings")
    account = models.ForeignKey(Account, models.PROTECT, related_name="holdings")
    deputy = models.BooleanField(default=False)
    during = DateRangeField()

    class Meta:
        db_table = "network_holding"
        constraints = [
            ExclusionConstraint(
                name="one_holder_per_post",
                expressions=[
                    ("post", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
                condition=Q(deputy=False),
            )
        ]


class Token(models.Model):
    """What a program shows to act as its account in one post; its secret is kept as a hash only."""

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, models.CASCADE, related_name="tokens")
    post = models.ForeignKey(Post, models.CASCADE, db_index=False)
    name = models.TextField()  # where it is used
    mark = models.BinaryField(unique=True)
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField()  # revoked: the moment it was
    used_at = models.DateTimeField(null=True)  # last, to some minutes

    class Meta:
        db_table = "network_token"
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gte=models.F("made_at")), name="token_ends_after_it_begins"
            )
        ]


class Epoch(models.Model):
    """One row: counts every change of offices, posts, items and delegations.

    Processes keep what they read of the network and read it again when this number moved.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=1)

    class Meta:
        db_table = "network_epoch"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_epoch")]
