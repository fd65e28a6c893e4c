"""Who said what about a topic, and whom marketing may and can reach: the same answer that delivery gives at the end.

The latest word counts, whether it was about the topic or about all topics of the channel (`profiles.consent`).
"""

from typing import Final

from segments.ast import Consent, Reach, Reachable, Said
from segments.conditions import with_absorbed
from segments.scopes import Answer, Scope

ADDRESSES: Final = {Reachable.EMAIL: "lower(c.email)", Reachable.SMS: "c.phone"}
# The attribute that holds the address: when it changes, so may the answer.
KEYS: Final = {Reachable.EMAIL: "email", Reachable.SMS: "phone"}


def consent(leaf: Consent, scope: Scope) -> Answer:
    """Who said this last."""
    words = _words(leaf.channel, f"(f.topic_id = {scope.bind(leaf.topic)} OR f.topic_id IS NULL)", scope)
    if leaf.said is Said.NEVER_ASKED:
        return Answer(f"SELECT contact_id FROM ({words}) said", opposite=True)
    return Answer(f"SELECT contact_id FROM ({words}) said WHERE state = {scope.bind(leaf.said.value)}")


def _words(channel: Reachable, about: str, scope: Scope) -> str:
    """The latest word of everybody who said something: (contact_id, state)."""
    owner = scope.owner
    return (
        f"SELECT DISTINCT ON ({owner}) {owner} AS contact_id, f.state FROM profiles_consent f{scope.following} "
        f"WHERE f.channel = {scope.bind(channel.value)} AND {about}{scope.restriction} "
        f"ORDER BY {owner}, f.at DESC, f.id DESC"
    )


def reach(leaf: Reach, scope: Scope) -> tuple[str, str]:
    """Whom marketing about the topic (none: any) may and can reach.

    Joins `blocked`, `said` (and `topic`) to contacts `c`, each at most one row, and the condition over them; "{n}" is
    left in both for what tells them from the joins of other leaves. No set of its own: the planner cannot know how
    many are left of one, and takes a nested loop for it.
    """
    address = ADDRESSES[leaf.channel]
    joins = f" LEFT JOIN ({_blocked(leaf, scope)}) blocked{{n}} ON blocked{{n}}.address = {address}"
    if leaf.topic is None:
        # Whoever said no to everything and yes to a topic since is not opted out of the channel.
        words = _words(leaf.channel, "(f.topic_id IS NULL OR f.state = 'subscribed')", scope)
        allowed = "said{n}.state IS DISTINCT FROM 'unsubscribed'"
    else:
        topic = scope.bind(leaf.topic)
        words = _words(leaf.channel, f"(f.topic_id = {topic} OR f.topic_id IS NULL)", scope)
        joins += f" LEFT JOIN profiles_topic topic{{n}} ON topic{{n}}.id = {topic}"
        allowed = (
            "CASE topic{n}.basis WHEN 'consent' THEN said{n}.state IS NOT DISTINCT FROM 'subscribed' "
            "ELSE topic{n}.id IS NOT NULL AND said{n}.state IS DISTINCT FROM 'unsubscribed' END"
        )
    joins += f" LEFT JOIN ({words}) said{{n}} ON said{{n}}.contact_id = c.id"
    can = f"({address} <> '' AND blocked{{n}}.address IS NULL AND {allowed})"
    return joins, can if leaf.can else f"(NOT {can})"


def _blocked(leaf: Reach, scope: Scope) -> str:
    channel, now = scope.bind(leaf.channel.value), scope.bind(scope.context.now)
    return (
        f"SELECT s.address FROM profiles_suppression s WHERE s.channel = {channel} "
        f"AND (s.until_at IS NULL OR s.until_at > {now})"
    )


def unblocking(leaf: Reach, scope: Scope) -> str:
    """When the blocks of addresses end, by contact: (contact_id, due_at)."""
    channel, now = scope.bind(leaf.channel.value), scope.bind(scope.context.now)
    only = ""
    if scope.only is not None:
        only = f" AND c.id = ANY({scope.bind(with_absorbed(scope.only, scope.context))}::bigint[])"
    return (
        "SELECT c.id AS contact_id, s.until_at AS due_at FROM profiles_suppression s "
        f"JOIN profiles_contact c ON {ADDRESSES[leaf.channel]} = s.address "
        f"WHERE s.channel = {channel} AND s.until_at > {now} AND c.merged_into_id IS NULL{only}"
    )
