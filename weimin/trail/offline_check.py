#!/usr/bin/env python3
"""核验一份归档包：只需要 Python 3，不需要网络，也不需要原来的系统。

    python3 check.py [归档包所在目录] [系统外保存的 root-000001.json …]

Verify an archive package: its files against their checksums, its events against their chain, its
personal content against the commitments, and the chain against the signed root. A root's copy
that was kept elsewhere is what makes the proof independent of whoever made the package.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

NAMES = {1: "sha256", 2: "sm3"}


def canonical(value: Any) -> bytes:
    """The same bytes for the same content: sorted keys, UTF-8, no spaces."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest(algorithm: int, *parts: bytes) -> bytes:
    """The hash of the parts one after another."""
    made = hashlib.new(NAMES[algorithm])
    for part in parts:
        made.update(part)
    return made.digest()


def files(folder: Path) -> Iterator[str]:
    """Every file is there, unchanged, and none came in addition."""
    listed = {}
    for line in (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        said, name = line.split("  ", 1)
        listed[name] = said
    there = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()} - {"SHA256SUMS"}
    for name in sorted(set(listed) - there):
        yield f"文件不见了：{name}"
    for name in sorted(there - set(listed)):
        yield f"多出了文件：{name}"
    for name in sorted(there & set(listed)):
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != listed[name]:
            yield f"文件被改动：{name}"


def chain(record: dict[str, Any]) -> Iterator[str]:
    """Each event follows from the one before; personal content is what was committed to."""
    previous = bytes(32)
    for place, event in enumerate(record["events"], start=1):
        head = {key: event[key] for key in ("s", "v", "by", "at", "rec")}
        made = digest(event["algorithm"], previous, canonical(head), event["body"].encode())
        if event["s"] != [record["subject"][0], record["subject"][1], place]:
            yield f"第 {place} 条不在它的位置"
        if made.hex() != event["hash"]:
            yield f"第 {place} 条与链不符"
            return
        previous = made
        commitment = json.loads(event["body"]).get("p")
        if event.get("private") is not None:
            plain = canonical(event["private"])
            made = digest(event["algorithm"], base64.b64decode(event["salt"]), plain)
            if base64.urlsafe_b64encode(made).decode().rstrip("=") != commitment:
                yield f"第 {place} 条的个人内容与承诺不符"


def root(record: dict[str, Any], copies: Sequence[str]) -> Iterator[str]:
    """The signed root holds the head of this chain; the copy from outside says the same."""
    said = record["root"]
    if said is None:
        return
    leaves = base64.b64decode(said["leaves"])
    last = record["events"][said["covers"] - 1]
    name = record["subject"][0].encode()
    leaf = bytes([len(name)]) + name + struct.pack(
        ">qi32s", record["subject"][1], said["covers"], bytes.fromhex(last["hash"]))
    if leaf not in leaves:
        yield "签名的根里没有这条链"
    made = digest(1, bytes.fromhex(said["previous"]), said["taken_at"].encode(),
                  said["key"].encode(), leaves)
    if made.hex() != said["digest"]:
        yield "根的内容被改动"
    for copy in copies:
        kept = json.loads(Path(copy).read_text(encoding="utf-8"))
        if kept["root"] == said["root"] and kept["digest"] != said["digest"]:
            yield f"与系统外保存的根不符：{copy}"
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        print("（没有 cryptography 库，未核验根的签名；哈希已核验）")
        return
    public = bytes.fromhex(said["public_key"])
    if hashlib.sha256(public).hexdigest()[:16] != said["key"]:
        yield "根的公钥与编号不符"
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(
            bytes.fromhex(said["signature"]), bytes.fromhex(said["digest"]))
    except InvalidSignature:
        yield "根的签名不对"


def main(arguments: Sequence[str]) -> int:
    """Check one folder; 0 when everything holds."""
    folder = Path(arguments[0] if arguments else ".")
    record = json.loads((folder / "proof" / "trail.json").read_text(encoding="utf-8"))
    faults = [*files(folder), *chain(record), *root(record, arguments[1:])]
    for fault in faults:
        print(f"✗ {fault}")
    if record["root"] is None:
        print("（归档时还没有签名的根，只能凭居民手中的回执和文件校验和核对）")
    if not faults:
        print(f"✓ {len(record['events'])} 条记录全部完好")
        if record["root"] is not None and record["root"]["covers"] < len(record["events"]):
            print(f"  签名的根覆盖到第 {record['root']['covers']} 条；其后的凭居民手中的回执核对")
        if record["root"] is not None and not arguments[1:]:
            known = record["root"]
            print(f"  请与系统外保存的 root-{known['root']:06d}.json 核对：{known['digest']}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
