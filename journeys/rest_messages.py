"""Messages over the partner API: what became of each, and why some were not sent."""

from rest_framework.request import Request
from rest_framework.response import Response

from journeys.models import Message
from journeys.rest_shapes import MessageOut, MessageQuery, MessageWithReceiptsOut
from profiles.rest import problems, versions
from profiles.rest.api import Resource
from profiles.rest.cursors import Order
from profiles.rest.schema import describe
from profiles.rest.shapes import page_of

LATEST = Order((("id", int),), is_descending=True)


class Messages(Resource):
    """One person's, or one journey's."""

    family = "messages"

    @describe(
        "List messages", name="messages_list", query=MessageQuery, answers={200: page_of(MessageOut)}, cost=3
    )
    def get(self, request: Request) -> Response:
        """The messages of one contact, or of one journey or broadcast, the latest first. Name one of the two."""
        query = self.query()
        if "contact" not in query and "journey" not in query:
            raise problems.unusable("contact", "Name a contact, or a journey.")
        rows = Message.objects.select_related("version")
        if "contact" in query:
            rows = rows.filter(contact=query["contact"])
        if "journey" in query:
            rows = rows.filter(version__journey=query["journey"])
        if "state" in query:
            rows = rows.filter(state=query["state"])
        if "since" in query:
            rows = rows.filter(created_at__gte=query["since"])
        return self.page(rows, MessageOut, LATEST, query)


class OneMessage(Resource):
    """One message."""

    family = "messages"

    @describe(
        "Read a message", name="messages_read", answers={200: MessageWithReceiptsOut}, is_versioned=True
    )
    def get(self, request: Request, message_id: int) -> Response:
        """A message with all that was heard of it."""
        found = Message.objects.filter(pk=message_id).select_related("version").first()
        if found is None:
            raise problems.missing()
        return versions.shown(request, self.shown(MessageWithReceiptsOut, found))
