"""What somebody looks for, in an address that does not say it.

A search by identity number or phone must be found again by the next page, the filter, the sheet and
the way back, all of which are addresses; and addresses stand in histories and in proxies' logs.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from django.http import HttpRequest

from weimin.kernel import vault
from weimin.network.actor import Actor

_LONGEST = 100  # characters, as in the API


def folded(text: str, actor: Actor) -> str:
    """The words as one who reads the address can't read them; they open for this account only."""
    said = f"{actor.account_id} {text[:_LONGEST]}"
    return urlsafe_b64encode(vault.encrypt(said)).decode().rstrip("=") if text else ""


def looked_for(request: HttpRequest, actor: Actor) -> str:
    """The words in the request's address; empty for none, somebody else's, or a torn one."""
    given = request.GET.get("s", "")
    try:
        whose, _, text = vault.decrypt(
            urlsafe_b64decode(given + "=" * (-len(given) % 4))).partition(" ")
    except (ValueError, InvalidTag):
        return ""
    return text if whose == str(actor.account_id) else ""
