"""Decrees on days off, as rows: what the State Council orders each year, and corrections."""

from django.db import models


class Decree(models.Model):
    """One notice that orders days off and make-up working days."""

    id = models.BigAutoField(primary_key=True)
    title = models.TextField()
    number = models.TextField(blank=True)  # 国办发明电〔2025〕7号
    published_on = models.DateField()
    entered_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "worktime_decree"


class DecreedDay(models.Model):
    """A day as its latest decree has it."""

    date = models.DateField(primary_key=True)
    kind = models.TextField()  # holiday | makeup_workday
    name = models.TextField(blank=True)
    decree = models.ForeignKey(Decree, models.PROTECT)

    class Meta:
        db_table = "worktime_day"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["holiday", "makeup_workday"]), name="day_kind_known"
            )
        ]


class OfficeHours(models.Model):
    """Office hours from a day of the year on (winter and summer time tables)."""

    month = models.SmallIntegerField()
    day = models.SmallIntegerField()
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        db_table = "worktime_hours"
        constraints = [models.UniqueConstraint(fields=["month", "day"], name="hours_once_a_day")]
