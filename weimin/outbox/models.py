"""Effects outside: what is to be sent, and what became of it."""

from django.db import models


class Message(models.Model):
    """One effect. It leaves at least once, always under the same key."""

    id = models.BigAutoField(primary_key=True)
    port = models.TextField()  # sms | courier | mail | webhook
    key = models.TextField()  # the receiver's protection against repeats
    subject_type = models.TextField()
    subject_id = models.BigIntegerField()
    payload = models.BinaryField()  # encrypted: it holds a phone number
    status = models.TextField(default="waiting")  # waiting | sent | failed | dropped
    tries = models.SmallIntegerField(default=0)
    created_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        db_table = "outbox_message"
        constraints = [
            models.UniqueConstraint(fields=["key"], name="an_effect_is_posted_once"),
            models.CheckConstraint(
                condition=models.Q(status__in=["waiting", "sent", "failed", "dropped"]),
                name="message_status_known",
            )
        ]
        indexes = [
            models.Index(
                fields=["created_at"], name="message_unsent",
                condition=models.Q(status__in=["waiting", "failed"]),
            )
        ]


class Failure(models.Model):
    """Why a job of the worker failed last. It goes with its job (a foreign key in the database)."""

    job_id = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    reason = models.TextField()  # in words, without anybody's data

    class Meta:
        db_table = "outbox_failure"
