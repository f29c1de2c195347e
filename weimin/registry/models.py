"""About whom: persons and organisations, with what identifies them encrypted."""

from django.db import models

from weimin.kernel import vault
from weimin.kernel.text import mask_code, mask_name


class Person(models.Model):
    """A natural person. The identity number and the phone are encrypted, and found by hash."""

    id = models.BigAutoField(primary_key=True)
    name = models.TextField()
    birth = models.DateField(null=True)
    sex = models.TextField(blank=True)
    ethnic = models.TextField(blank=True)
    identity_cipher = models.BinaryField(default=b"")
    identity_hash = models.BinaryField(null=True, unique=True)
    identity_mask = models.TextField(blank=True)
    phone_cipher = models.BinaryField(default=b"")
    phone_hash = models.BinaryField(null=True, db_index=True)
    phone_mask = models.TextField(blank=True)
    household = models.ForeignKey("network.Area", models.PROTECT, null=True, related_name="+")
    residence = models.ForeignKey("network.Area", models.PROTECT, null=True, related_name="+")
    address_cipher = models.BinaryField(default=b"")
    account = models.OneToOneField("network.Account", models.PROTECT, null=True)

    class Meta:
        db_table = "registry_person"

    @property
    def masked(self) -> str:
        """赵**: how every list shows him."""
        return mask_name(self.name)

    def set_identity(self, number: str) -> None:
        """Keep a checked identity number."""
        self.identity_cipher = vault.encrypt(number)
        self.identity_hash = vault.lookup(number)
        self.identity_mask = mask_code(number, head=3, tail=4)

    def set_phone(self, number: str) -> None:
        """Keep a checked phone number."""
        self.phone_cipher = vault.encrypt(number)
        self.phone_hash = vault.lookup(number)
        self.phone_mask = mask_code(number)


class Organisation(models.Model):
    """A legal person or other organisation, by its unified social credit code."""

    id = models.BigAutoField(primary_key=True)
    uscc = models.TextField(unique=True)
    name = models.TextField()
    address = models.TextField(blank=True)
    legal_representative = models.TextField(blank=True, default="", db_default="")

    class Meta:
        db_table = "registry_organisation"


class Certificate(models.Model):
    """A certificate issued here: a result of one case, a material of the next."""

    id = models.BigAutoField(primary_key=True)
    number = models.TextField()  # 衡民优〔2026〕000012号
    type = models.TextField()
    name = models.TextField()
    holder_person = models.ForeignKey(Person, models.PROTECT, null=True, db_index=False)
    holder_organisation = models.ForeignKey(Organisation, models.PROTECT, null=True)
    case_id = models.BigIntegerField(db_index=True)
    office = models.ForeignKey("network.Office", models.PROTECT)
    issued_on = models.DateField()
    valid_to = models.DateField(null=True)
    code = models.TextField()  # eight characters that stand on the paper, for verification
    revoked_at = models.DateTimeField(null=True)
    revoked_why = models.TextField(blank=True)
    data = models.JSONField(default=dict)

    @property
    def revoked_ground(self) -> str:
        """What was done to it and by which clause, without the facts in the officer's own words."""
        return self.revoked_why.partition("：")[0]

    class Meta:
        db_table = "registry_certificate"
        constraints = [
            models.UniqueConstraint(fields=["number"], name="a_certificate_number_is_given_once")
        ]
        indexes = [
            models.Index(fields=["holder_person", "type"], name="certificate_of_person")
        ]
