"""What must always hold between the rows of conversations."""

from __future__ import annotations

from lokahome.core.invariants import invariant

invariant(
    "messages.are_numbered_without_a_gap",
    "a conversation's messages are numbered 1 to its last number, each once",
    """SELECT c.id::text, c.last_seq, count(m.id), coalesce(max(m.seq), 0)
       FROM messaging_conversation c
       LEFT JOIN messaging_message m ON m.conversation_id = c.id
       GROUP BY c.id, c.last_seq
       HAVING count(m.id) <> c.last_seq OR coalesce(max(m.seq), 0) <> c.last_seq""",
)
invariant(
    "messages.logs_have_no_gap",
    "a person's log holds events 1 to its last number, each once",
    """SELECT l.person_id::text, l.last_useq, count(e.id), coalesce(max(e.useq), 0)
       FROM messaging_personlog l
       LEFT JOIN messaging_personevent e ON e.person_id = l.person_id
       GROUP BY l.person_id, l.last_useq
       HAVING count(e.id) <> l.last_useq OR coalesce(max(e.useq), 0) <> l.last_useq""",
)
invariant(
    "messages.reach_every_log",
    "each message stands once in the log of each participant",
    """SELECT m.id::text, p.person_id::text FROM messaging_message m
       JOIN messaging_participant p ON p.conversation_id = m.conversation_id
       WHERE 1 <> (SELECT count(*) FROM messaging_personevent e
         WHERE e.kind = 'message' AND e.conversation_id = m.conversation_id
           AND e.seq = m.seq AND e.person_id = p.person_id)""",
)
invariant(
    "messages.logs_are_of_participants",
    "nobody's log tells of a conversation in which they have no part",
    """SELECT e.id::text, e.person_id::text FROM messaging_personevent e
       WHERE NOT EXISTS (SELECT 1 FROM messaging_participant p
         WHERE p.conversation_id = e.conversation_id AND p.person_id = e.person_id)""",
)
invariant(
    "messages.cursors_stay_behind",
    "nobody received or read more messages than there are",
    """SELECT p.id::text, p.delivered_seq, p.read_seq, c.last_seq
       FROM messaging_participant p
       JOIN messaging_conversation c ON c.id = p.conversation_id
       WHERE p.delivered_seq > c.last_seq OR p.read_seq > p.delivered_seq""",
)
invariant(
    "messages.are_written_by_participants",
    "each message is the platform's or a participant's",
    """SELECT m.id::text, m.sender_id::text FROM messaging_message m
       WHERE m.sender_id IS NOT NULL AND NOT EXISTS (
         SELECT 1 FROM messaging_participant p
         WHERE p.conversation_id = m.conversation_id AND p.person_id = m.sender_id)""",
)
invariant(
    "messages.conversations_have_two",
    "a conversation has two participants or more",
    """SELECT c.id::text, count(p.id) FROM messaging_conversation c
       LEFT JOIN messaging_participant p ON p.conversation_id = c.id
       GROUP BY c.id HAVING count(p.id) < 2""",
)
