"""我的信息: a resident takes along what is kept about him, and nothing about anybody else."""

import json
from datetime import datetime

from tests.cast import Cast, accepted
from tests.web.doors import logged_in
from weimin.kernel import vault
from weimin.kernel.text import mask_code


def test_it_works_and_masks_what_a_phone_alone_should_not_show(cast: Cast, now: datetime) -> None:
    number = accepted(cast, now)
    answer = logged_in(cast.resident).get("/mine/information.json")
    said = json.loads(answer.content)
    assert [case["编号"] for case in said["办件"]] == [number]
    assert [event["何事"] for event in said["办件"][0]["经过"]] == ["收件", "受理"]
    whole = vault.decrypt(cast.zhao.identity_cipher)
    assert whole not in answer.content.decode()
    assert said["本人"]["证件号"] == mask_code(whole, head=3, tail=4)


def test_the_neighbour_finds_himself_only(cast: Cast, now: datetime) -> None:
    accepted(cast, now)
    said = logged_in(cast.neighbour).get("/mine/information.json").content.decode()
    assert json.loads(said)["办件"] == [] and "赵大爷" not in said
