"""Makes people who talk two by two, inside the platform: ``python -m bench.chat.people``.

Writes to ``--out`` what their phones need: ids, access tokens, their conversation.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import django

django.setup()

from accounts.api.tokens import issue_tokens  # noqa: E402 - needs Django set up
from accounts.models import User  # noqa: E402 - as above
from lokahome.core.ids import uuid7  # noqa: E402 - as above
from messaging.models import Conversation, Participant  # noqa: E402 - as above
from messaging.services.person_logs import ensure_logs  # noqa: E402 - as above


def main() -> None:
    """Make them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    people, rooms, parts = [], [], []
    for _pair in range(options.pairs):
        subject = f"lease:{uuid7()}"
        room = Conversation(subject=subject, key=subject)
        rooms.append(room)
        for _side in range(2):
            person_id = uuid7()
            person = User(id=person_id, username=str(person_id))
            person.set_unusable_password()
            people.append(person)
            parts.append(Participant(conversation=room, person=person))
    User.objects.bulk_create(people)
    Conversation.objects.bulk_create(rooms)
    Participant.objects.bulk_create(parts)
    ensure_logs([person.pk for person in people])
    told = [
        {
            "person_id": str(part.person_id),
            "conversation_id": str(part.conversation_id),
            "access": issue_tokens(part.person).access,
        }
        for part in parts
    ]
    options.out.write_text(json.dumps(told), encoding="utf-8")
    print(f"  {len(people)} people in {len(rooms)} conversations")


if __name__ == "__main__":
    main()
