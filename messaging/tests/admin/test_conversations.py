"""Staff read a conversation for an open case that names it, and are seen reading."""

import pytest
from django.urls import reverse

from accounts.models import Case
from accounts.services.moderation.cases import decide_case, open_case
from accounts.services.moderation.reports import file_report
from lokahome.core import clock
from lokahome.core.audit.models import AuditEvent
from lokahome.core.errors import NotFound
from lokahome.core.events.delivering import drain
from lokahome.core.ids import uuid7
from lokahome.tests.people import make_staff
from messaging.models import Message, MessageHiding
from messaging.services.hiding import hide_message
from messaging.tests import factories as make

pytestmark = pytest.mark.django_db
BEFORE, AFTER = 15, 15


@pytest.fixture
def talk(kossi, ama):
    """Thirty-one messages, the sixteenth of which is a swindle."""
    talk = make.about_listing(kossi.user, ama.user)
    bodies = [f"bavardage {number}" for number in range(1, BEFORE + 1)]
    bodies += ["Envoyez 50 000 F avant la visite"]
    bodies += [f"suite {number}" for number in range(1, AFTER + 1)]
    for number, body in enumerate(bodies):
        make.say(talk, (kossi, ama)[number % 2].user, body)
    return talk


@pytest.fixture
def reported(talk, kossi, ama):
    """The case that Ama's report of the swindle opened."""
    message = Message.objects.get(conversation=talk, seq=BEFORE + 1)
    assert message.sender_id == ama.id
    report, _is_new = file_report(
        reporter=kossi.user,
        subject=f"message:{message.pk}",
        reason="scam",
        now=clock.now(),
    )
    return report.case


def page(talk, case):
    url = reverse("admin:messaging_conversation_change", args=[talk.pk])
    return f"{url}?dossier={case.pk}"


def deeds():
    found = AuditEvent.objects.filter(action__startswith="conversation.")
    return list(found.order_by("id").values_list("action", "actor_id", "subject"))


def test_a_report_keeps_ids_and_digests_and_no_word(talk, reported):
    message = Message.objects.get(conversation=talk, seq=BEFORE + 1)
    evidence = reported.evidence
    assert evidence["message_id"] == str(message.pk)
    assert evidence["conversation_id"] == str(talk.pk)
    assert evidence["digest"] == message.digest
    assert (evidence["first_seq"], evidence["last_seq"]) == (6, 26)
    for word in ("Envoyez", "bavardage", "Ama", "Kossi", "+229"):
        assert word not in str(evidence)


def test_one_reports_what_others_wrote_to_one(talk, kossi, ama, stranger):
    message = Message.objects.get(conversation=talk, seq=BEFORE + 1)
    subject = f"message:{message.pk}"
    for person in (ama, stranger):  # who wrote it; who cannot see it
        with pytest.raises(NotFound):
            file_report(
                reporter=person.user, subject=subject, reason="scam", now=clock.now()
            )
    assert not Case.objects.exists()


def test_a_moderator_reads_the_message_and_its_neighbours(talk, reported, moderator):
    way_in = moderator.get(
        reverse("admin:messaging_conversation_of_case", args=[reported.pk])
    )
    assert way_in.status_code == 302
    assert way_in["Location"] == page(talk, reported)
    answer = moderator.get(way_in["Location"])
    shown = answer.content.decode()
    assert answer.status_code == 200
    assert "Envoyez 50 000 F avant la visite" in shown
    assert "signalé" in shown
    for near in ("bavardage 6<", "suite 10<"):
        assert near in shown
    for far in ("bavardage 5<", "suite 11<", "Ama Dossou", "Kossi Hounsou", "+229"):
        assert far not in shown
    assert deeds() == [
        ("conversation.read", moderator.id, f"conversation:{talk.pk}"),
    ]
    moderator.get(page(talk, reported))
    assert len(deeds()) == 2, "every look is written down"
    details = AuditEvent.objects.filter(action="conversation.read").first().details
    assert details == {"case_id": str(reported.pk)}


def test_the_case_links_to_what_was_said(reported, moderator):
    url = reverse("admin:accounts_case_change", args=[reported.pk])
    shown = moderator.get(url).content.decode()
    link = reverse("admin:messaging_conversation_of_case", args=[reported.pk])
    assert link in shown


@pytest.mark.parametrize(
    "group", ["support", "finance_maker", "auditor", "operator", None]
)
def test_staff_without_the_right_read_nothing(talk, reported, group):
    client = make_staff("somebody", *([group] if group else []))
    answer = client.get(page(talk, reported))
    assert answer.status_code == 403
    assert "Envoyez" not in answer.content.decode()
    assert deeds() == [
        ("conversation.reading_refused", client.id, f"conversation:{talk.pk}")
    ]


def test_a_closed_case_opens_nothing(talk, reported, moderator):
    decide_case(
        case_id=reported.pk,
        decision="no_action",
        reason="Rien",
        actor=moderator.user,
        now=clock.now(),
    )
    answer = moderator.get(page(talk, reported))
    assert answer.status_code == 403
    assert "Envoyez" not in answer.content.decode()
    assert [deed[0] for deed in deeds()] == ["conversation.reading_refused"]


def test_a_case_opens_no_other_conversation(talk, reported, moderator, kossi, ama):
    other = make.about_listing(kossi.user, ama.user)
    make.say(other, ama.user, "tout autre chose")
    answer = moderator.get(page(other, reported))
    assert answer.status_code == 403
    assert "tout autre chose" not in answer.content.decode()
    assert [deed[0] for deed in deeds()] == ["conversation.reading_refused"]


def test_a_reported_listing_does_not_open_what_people_asked_about_it(talk, moderator):
    case = open_case(
        kind="listing_report",
        queue=Case.Queue.REPORTS,
        subject=talk.subject,
        title="Annonce signalée",
        evidence={},
        now=clock.now(),
    )
    assert moderator.get(page(talk, case)).status_code == 403
    way_in = reverse("admin:messaging_conversation_of_case", args=[case.pk])
    assert moderator.get(way_in).status_code == 404


def test_a_dispute_opens_the_conversation_about_its_own_subject(talk, moderator):
    case = open_case(
        kind="job_dispute",
        queue=Case.Queue.DISPUTES,
        subject=talk.subject,
        title="Litige",
        evidence={},
        now=clock.now(),
    )
    answer = moderator.get(page(talk, case))
    assert answer.status_code == 200
    shown = answer.content.decode()
    assert "bavardage 1<" in shown
    assert "suite 15<" in shown


@pytest.mark.parametrize("query", ["", "?dossier=", "?dossier=x", "?dossier={nothing}"])
def test_no_page_without_a_case(talk, moderator, query):
    url = reverse("admin:messaging_conversation_change", args=[talk.pk])
    answer = moderator.get(url + query.format(nothing=uuid7()))
    assert answer.status_code == 403
    assert "Envoyez" not in answer.content.decode()


def test_there_is_no_list_no_history_and_no_edit(talk, reported, moderator):
    name = "admin:messaging_conversation"
    for url in (
        reverse(f"{name}_changelist"),
        reverse(f"{name}_add"),
        reverse(f"{name}_history", args=[talk.pk]),
        reverse(f"{name}_delete", args=[talk.pk]),
    ):
        assert moderator.get(url).status_code == 403, url
    assert moderator.post(page(talk, reported), {}).status_code == 403
    missing = page(talk, reported).replace(str(talk.pk), str(uuid7()))
    assert moderator.get(missing).status_code == 404
    assert (
        "messaging/conversation"
        not in moderator.get(reverse("admin:index")).content.decode()
    )


def test_people_from_outside_are_sent_to_sign_in(talk, reported, anonymous, ama):
    for client in (anonymous, ama):
        answer = client.get(page(talk, reported))
        assert answer.status_code == 302
        assert "/admin/login/" in answer["Location"]
    assert deeds() == []


def test_a_decision_to_hide_takes_the_words_from_everybody(
    talk, reported, moderator, kossi
):
    decide_case(
        case_id=reported.pk,
        decision="hide",
        reason="Ce message demande de payer avant la visite.",
        actor=moderator.user,
        now=clock.now(),
    )
    drain()
    hiding = MessageHiding.objects.get()
    assert (hiding.case_id, hiding.message.seq) == (reported.pk, BEFORE + 1)
    rows = kossi.get(f"/api/v1/conversations/{talk.pk}/messages?limit=100").json()
    [hidden] = [row for row in rows["data"] if row["is_hidden"]]
    assert (hidden["seq"], hidden["body"]) == (BEFORE + 1, "")


def test_staff_still_read_what_was_hidden_and_see_that_it_is(talk, reported, moderator):
    message = Message.objects.get(conversation=talk, seq=BEFORE + 1)
    hide_message(message_id=message.pk, case_id=reported.pk, now=clock.now())
    shown = moderator.get(page(talk, reported)).content.decode()
    assert "Envoyez 50 000 F" in shown
    assert "masqué" in shown


def test_what_people_write_is_no_html(kossi, ama, moderator):
    talk = make.about_listing(kossi.user, ama.user)
    message = make.say(talk, ama.user, "<script>alert(1)</script>")
    report, _is_new = file_report(
        reporter=kossi.user,
        subject=f"message:{message.pk}",
        reason="offensive",
        now=clock.now(),
    )
    shown = moderator.get(page(talk, report.case)).content.decode()
    assert "<script>alert(1)" not in shown
    assert "&lt;script&gt;alert(1)" in shown
