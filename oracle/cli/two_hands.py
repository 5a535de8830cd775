"""A paper that both hands sign, on its way as a file."""

import json
from collections.abc import Mapping
from pathlib import Path

from oracle.cli import output
from oracle.cli.options import Look
from oracle.cli.papers import write_text
from oracle.domain.hand_overs import CoreGrade, H, TwoHands


def keep_and_show(me: Look, file: Path, paper: TwoHands[H], about: Mapping[str, object]) -> None:
    """`about`: what passes from hand to hand. Raises Fatal where the file cannot be written."""
    write_text(file, json.dumps(paper.to_json(), indent=2) + "\n")
    form = paper.form
    signed = [name for name, there in (("giver", paper.giver_signature), ("taker", paper.taker_signature)) if there]
    rows = {
        "file": file,
        **about,
        "giver": form.giver,
        "taker": form.taker,
        "grade": CoreGrade(form.grade).name if form.grade else None,
        "until": output.moment(form.deadline),
        "signed by": " and ".join(signed) or "nobody yet",
    }
    me.facts({"file": str(file), **paper.to_json(), "signedBy": signed}, rows)
