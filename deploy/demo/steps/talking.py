"""They talk about the home; one loses the connection in the middle, nothing is lost."""

from __future__ import annotations

import uuid
from typing import Any

from deploy.demo.client import expect
from deploy.demo.journey import Journey, Told
from deploy.demo.people import Person
from deploy.demo.sockets import ChatApp


def talk(journey: Journey) -> Told:
    """Chat in both directions; cut the tenant's network, and catch up."""
    conversation = journey.tenant.api.post(
        "conversations", {"subject": f"listing:{journey.listing['id']}"}
    )
    room = conversation["id"]
    tenant, landlord = ChatApp(journey.tenant), ChatApp(journey.landlord)
    tenant.go_online()
    landlord.go_online()
    said = ["Bonjour, le logement est-il toujours libre ?"]
    tenant.say(room, said[0])
    landlord.hears(said[0])
    said.append("Bonjour Ama, oui. Vous pouvez passer samedi.")
    landlord.say(room, said[1])
    tenant.hears(said[1])

    tenant.cut()
    said += [
        "Le portail est bleu, après la pharmacie.",
        "L’eau et le courant sont à part.",
        "Dites-moi l’heure qui vous convient.",
    ]
    landlord.say(room, said[2])
    over_http = {"client_id": str(uuid.uuid4()), "body": said[3]}
    journey.landlord.api.post(f"conversations/{room}/messages", over_http)
    landlord.say(room, said[4])
    missed = tenant.go_online()
    tenant.hears(said[4])

    # Its ack was lost as well, so the app sends the same message once more, two ways.
    said.append("Samedi à 10 h, merci !")
    again = str(uuid.uuid4())
    first = tenant.say(room, said[5], client_id=again)
    repeated = {"client_id": again, "body": said[5]}
    second = journey.tenant.api.post(f"conversations/{room}/messages", repeated)
    third = tenant.say(room, said[5], client_id=again)
    expect(first == second["seq"] == third, f"seq {first}, {second['seq']}, {third}")
    landlord.hears(said[5])
    for app in (tenant, landlord):
        heard = app.bodies(room)
        expect(heard == said, f"{app.person.name} has {heard}")
        kept = _kept(app.person, room)
        expect(kept == said, f"the API tells {app.person.name} {kept}")
        app.go_offline()
    hidden = journey.stranger.api.status_of(f"conversations/{room}")
    expect(hidden == 404, f"a stranger reads the conversation ({hidden})")
    return [
        f"{len(said)} messages over sockets and HTTP, in one order on both sides",
        f"network cut: {missed} events caught up at the return, none missed or doubled",
        "one message sent three times is one message; a stranger gets a 404",
    ]


def _kept(person: Person, room: str) -> list[str]:
    rows: list[dict[str, Any]] = person.api.get(f"conversations/{room}/messages")[
        "data"
    ]
    return [row["body"] for row in sorted(rows, key=lambda row: int(row["seq"]))]
