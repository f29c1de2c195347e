"""The session table, with the account and the acting post as columns of their own."""

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models


class Session(AbstractBaseSession):
    """A log-in. Account and post are columns, so that one query finds the whole actor."""

    account = models.ForeignKey("network.Account", models.CASCADE, null=True, db_index=True)
    post = models.ForeignKey("network.Post", models.CASCADE, null=True, db_index=False)

    class Meta:
        db_table = "web_session"

    @classmethod
    def get_session_store_class(cls):  # type: ignore[no-untyped-def]
        from weimin.web.sessions import SessionStore

        return SessionStore


class LoginCode(models.Model):
    """A code sent to a resident's phone: hashed, short-lived, few tries."""

    id = models.BigAutoField(primary_key=True)
    phone_hash = models.BinaryField(db_index=True)
    code_hash = models.BinaryField()
    sent_at = models.DateTimeField()
    tries = models.SmallIntegerField(default=0)
    used = models.BooleanField(default=False)

    class Meta:
        db_table = "web_login_code"


class Attempt(models.Model):
    """A try that is limited in number: following a case without an account, and the like."""

    id = models.BigAutoField(primary_key=True)
    what = models.TextField()
    who = models.BinaryField()  # keyed hash of the address or the number: no address is kept
    at = models.DateTimeField()

    class Meta:
        db_table = "web_attempt"
        indexes = [models.Index(fields=["what", "who", "at"], name="attempt_recent")]


class Draft(models.Model):
    """What somebody has filled in of an application and not sent yet: his alone, encrypted whole."""

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey("network.Account", models.CASCADE, db_index=False)
    item = models.TextField()  # its code
    sealed = models.BinaryField()
    touched_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "web_draft"
        constraints = [
            models.UniqueConstraint(fields=["account", "item"], name="one_draft_of_an_item")
        ]
