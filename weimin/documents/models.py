"""Files by their content, and the papers that were made for a case."""

from django.db import models


class File(models.Model):
    """A stored file. Its content never changes; its name on disk is its SHA-256."""

    id = models.BigAutoField(primary_key=True)
    digest = models.TextField(db_index=True)
    name = models.TextField()
    media_type = models.TextField()
    size = models.BigIntegerField()
    stored_at = models.DateTimeField()
    stored_by = models.BigIntegerField(null=True)

    class Meta:
        db_table = "documents_file"


class Paper(models.Model):
    """An official paper of a case: receipt, notice, decision, certificate, proof of delivery."""

    id = models.BigAutoField(primary_key=True)
    case_id = models.BigIntegerField(db_index=True)
    form = models.TextField()
    number = models.TextField(blank=True)  # 〔2026〕12号
    code = models.TextField(blank=True)  # eight characters on the paper, for verification
    made_at = models.DateTimeField()
    data = models.JSONField()  # what was printed, without what identifies
    file = models.ForeignKey(File, models.PROTECT, null=True)  # the signed PDF, once made

    class Meta:
        db_table = "documents_paper"
        indexes = [models.Index(fields=["number", "code"], name="paper_by_number")]


class PaperSeries(models.Model):
    """Running numbers of official papers: per organ, form and year, without gaps.

    An organ is a 代字, whichever office bears it; an office without one is its own id.
    """

    id = models.BigAutoField(primary_key=True)
    organ = models.TextField()
    form = models.TextField()
    year = models.SmallIntegerField()
    last = models.IntegerField(default=0)

    class Meta:
        db_table = "documents_series"
        constraints = [
            models.UniqueConstraint(fields=["organ", "form", "year"], name="series_once")
        ]


class PhoneDoor(models.Model):
    """An address by which one phone sends pages into somebody's form: short-lived, for one browser.

    The address holds a random token and nothing else; we keep its hash.
    """

    id = models.BigAutoField(primary_key=True)
    token_hash = models.BinaryField(unique=True)
    account_id = models.BigIntegerField()  # whose form it is
    label = models.TextField()  # what to photograph: the name of a material
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)
    phone_hash = models.BinaryField(null=True)  # of the cookie of the browser that came first

    class Meta:
        db_table = "documents_phone_door"


class Upload(models.Model):
    """A file on its way in: it comes in pieces and waits for the form that it belongs to."""

    id = models.TextField(primary_key=True)  # 128 random bits: opaque, and no use to anybody else
    account_id = models.BigIntegerField()
    door = models.ForeignKey(PhoneDoor, models.SET_NULL, null=True)  # it came from a phone
    name = models.TextField()
    size = models.BigIntegerField()  # bytes, as announced
    digest = models.TextField()  # SHA-256, as announced
    received = models.BigIntegerField(default=0)  # bytes that are safe on disk
    media_type = models.TextField(blank=True)  # known once it is whole
    begun_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)  # a form took it; the same form may take it again

    class Meta:
        db_table = "documents_upload"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(received__gte=0, received__lte=models.F("size")),
                name="upload_within_its_size",
            )
        ]
        indexes = [models.Index(fields=["account_id", "digest"], name="upload_of_account")]
