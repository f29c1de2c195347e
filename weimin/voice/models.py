"""What residents say of a contact."""

from django.db import models


class Rating(models.Model):
    """One rating of one contact: five levels, words optional, never forced (GB/T 39735)."""

    id = models.BigAutoField(primary_key=True)
    case_id = models.BigIntegerField()
    contact = models.IntegerField()  # seq of the event that is rated
    office = models.ForeignKey("network.Office", models.PROTECT)
    level = models.SmallIntegerField()  # 5 very satisfied … 1 very dissatisfied
    words = models.TextField(blank=True)
    rated_at = models.DateTimeField()
    channel = models.TextField()

    class Meta:
        db_table = "voice_rating"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(level__gte=1, level__lte=5), name="rating_of_five_levels"
            ),
            models.UniqueConstraint(fields=["case_id", "contact"], name="one_rating_per_contact"),
        ]
