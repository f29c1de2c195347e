"""更正姓名: a name is mended in the open; who he is, his number says."""

import json
from datetime import datetime
from typing import Any

import pytest

from tests.cases.scenes import case_of, told
from tests.cast import Cast, look, received
from weimin.cases import reading
from weimin.cases.verbs import rename
from weimin.kernel import vault
from weimin.kernel.errors import Invalid, NotAllowed
from weimin.registry.models import Person
from weimin.registry.people import person_by_identity
from weimin.trail.models import Private


def call_him(name: str, number: str, cast: Cast, now: datetime, **more: Any) -> None:
    rename(number, **{"actor": cast.info, "now": now, "person": cast.zhao.pk, "name": name,
                      "ground": "changed", "reason": "看了户口簿上的变更登记", **more})


def test_he_has_the_new_name_everywhere_and_the_old_one_is_kept(cast: Cast, now: datetime) -> None:
    number = received(cast, now, answers={"name": "赵大爷"})
    call_him("孙大爷", number, cast, now)
    assert Person.objects.get(pk=cast.zhao.pk).name == "孙大爷"
    assert case_of(number).applicant == "孙**" and case_of(number).facts["name"] == "孙大爷"
    assert [p.name for p in reading.parties(case_of(number).pk)] == ["孙大爷"]
    kept = Private.objects.filter(subject_id=case_of(number).pk).latest("seq")
    private = json.loads(vault.decrypt(bytes(kept.content)))
    assert (private["before"], private["after"]) == ("赵大爷", "孙大爷")
    assert told(number) == {"role": "applicant", "ground": "公安机关已经变更姓名", "reason": "看了户口簿上的变更登记"}


def test_he_is_taken_in_under_the_new_name_from_then_on(cast: Cast, now: datetime) -> None:
    call_him("孙大爷", received(cast, now), cast, now)
    identity = vault.decrypt(cast.zhao.identity_cipher)
    assert person_by_identity(identity, "孙大爷").pk == cast.zhao.pk
    with pytest.raises(ValueError, match="不一致"):
        person_by_identity(identity, "赵大爷")


def test_the_trail_still_says_what_the_rows_say(cast: Cast, now: datetime) -> None:
    number = received(cast, now)
    call_him("孙大爷", number, cast, now)
    assert look(number, cast.info, now).row["applicant"] == "孙**"


@pytest.mark.parametrize(("change", "key"), [
    ({"name": " "}, "name"), ({"name": "赵大爷"}, "name"), ({"name": "赵" * 99}, "name"),
    ({"ground": ""}, "ground"), ({"reason": " "}, "reason"), ({"person": 0}, "person"),
])
def test_what_is_wrong_is_said_at_its_field(
    cast: Cast, now: datetime, change: dict[str, Any], key: str
) -> None:
    number = received(cast, now)
    with pytest.raises(Invalid) as caught:
        call_him(**{"name": "孙大爷", **change}, number=number, cast=cast, now=now)
    assert set(caught.value.fields) == {key}
    assert Person.objects.get(pk=cast.zhao.pk).name == "赵大爷"


def test_a_neighbour_can_not_be_renamed_through_somebody_elses_case(cast: Cast, now: datetime) -> None:
    with pytest.raises(Invalid):
        call_him("孙大爷", received(cast, now), cast, now, person=cast.qian.pk)


def test_the_resident_does_not_rename_himself(cast: Cast, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        call_him("孙大爷", received(cast, now), cast, now, actor=cast.resident)
