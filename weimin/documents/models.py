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
    made_at = models.DateTimeField()
    data = models.JSONField()  # what was printed, without what identifies
    file = models.ForeignKey(File, models.PROTECT, null=True)  # the signed PDF, once made

    class Meta:
        db_table = "documents_paper"


class PaperSeries(models.Model):
    """Running numbers of official papers: per office, form and year, without gaps."""

    id = models.BigAutoField(primary_key=True)
    office = models.ForeignKey("network.Office", models.PROTECT)
    form = models.TextField()
    year = models.SmallIntegerField()
    last = models.IntegerField(default=0)

    class Meta:
        db_table = "documents_series"
        constraints = [
            models.UniqueConstraint(fields=["office", "form", "year"], name="series_once")
        ]
