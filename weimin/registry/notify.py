"""The port to a resident: finds his phone at the moment of sending, and only then."""

from collections.abc import Mapping

from weimin.kernel import codes, vault
from weimin.outbox import ports
from weimin.registry.models import Person


def send_to_resident(key: str, payload: Mapping[str, str]) -> None:
    """Send the text to the person's mobile phone by SMS.

    Raises Unreachable when no SMS reaches him: somebody calls him instead ("今天打电话").
    """
    person = Person.objects.filter(pk=int(payload["person"])).first()
    phone = vault.decrypt(person.phone_cipher) if person is not None else ""
    if not codes.is_mobile(phone):
        raise ports.Unreachable("没有能收短信的手机号，请电话或上门告知")
    ports.send("sms", key, {"to": phone, "text": payload["text"]})


ports.register("resident", send_to_resident)
