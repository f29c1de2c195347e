"""The tables of the trail. Only :mod:`weimin.trail.chain` writes them."""

from django.db import models


class Event(models.Model):
    """Something that happened, for ever: one link of the chain of its subject.

    The hash covers the hash before, these columns (:func:`weimin.trail.chain.head_of`) and
    ``body``: nothing is kept twice, and no column can be changed alone.
    """

    pk = models.CompositePrimaryKey("subject_type", "subject_id", "seq")
    subject_type = models.TextField()  # what it happened to: case, account, office, pack …
    subject_id = models.BigIntegerField()
    seq = models.IntegerField()  # 1, 2, 3 … within the subject, without a gap
    verb = models.TextField()
    account_id = models.BigIntegerField(null=True)  # None: the system or an unknown visitor
    post_id = models.BigIntegerField(null=True)
    occurred_at = models.DateTimeField()  # when it happened, also when entered later from paper
    recorded_at = models.DateTimeField()  # the database's own clock, checked by a trigger
    algorithm = models.SmallIntegerField()  # 1: SHA-256, 2: SM3 (GB/T 32905)
    body = models.BinaryField()  # canonical bytes of data, what was written, commitment
    hash = models.BinaryField()  # of the previous hash, the columns and the body

    class Meta:
        db_table = "trail_event"


class Private(models.Model):
    """The personal content of one event. The event holds only its salted commitment.

    It can be erased and the chain still verifies.
    """

    pk = models.CompositePrimaryKey("subject_type", "subject_id", "seq")
    subject_type = models.TextField()
    subject_id = models.BigIntegerField()
    seq = models.IntegerField()
    salt = models.BinaryField()
    content = models.BinaryField()  # encrypted canonical bytes

    class Meta:
        db_table = "trail_private"


class Root(models.Model):
    """The signed root over the heads of all chains that moved since the root before it."""

    id = models.BigAutoField(primary_key=True)
    taken_at = models.DateTimeField()
    leaves = models.BinaryField()  # type, subject, seq and hash of each head, one after another
    count = models.IntegerField()
    previous = models.BinaryField()  # digest of the root before
    digest = models.BinaryField()
    signature = models.BinaryField()
    key_id = models.TextField()

    class Meta:
        db_table = "trail_root"


class Reveal(models.Model):
    """Somebody looked at personal data unmasked, and for what. Survives a rollback."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(auto_now_add=True)
    account_id = models.BigIntegerField(null=True)
    post_id = models.BigIntegerField(null=True)
    subject_type = models.TextField()
    subject_id = models.BigIntegerField()
    what = models.TextField()
    purpose = models.TextField()

    class Meta:
        db_table = "trail_reveal"
