"""Journeys, the people in them, and the messages owed to these."""

from journeys.models.broadcasts import Broadcast
from journeys.models.content import Content, ContentRevision, Image
from journeys.models.drafts import DraftPlace, DraftState
from journeys.models.entries import Intake, Occasion
from journeys.models.flow import Bookmark, Journey, Run, RunMerge, Signal, Version, Visit
from journeys.models.messages import (
    Credit,
    Message,
    Receipt,
    Sender,
    SmtpServer,
)

__all__ = [
    "Bookmark",
    "Broadcast",
    "Content",
    "ContentRevision",
    "Credit",
    "DraftPlace",
    "DraftState",
    "Image",
    "Intake",
    "Journey",
    "Message",
    "Occasion",
    "Receipt",
    "Run",
    "RunMerge",
    "Sender",
    "Signal",
    "SmtpServer",
    "Version",
    "Visit",
]
