"""What a marketer does before a walk, as code that runs inside the product."""

WELCOME = """
from django.utils import timezone
from journeys.flow import publishing
from journeys.models import Content, ContentRevision, Journey, Sender

content = Content.objects.create(name="Thanks")
revision = ContentRevision.objects.create(content=content, number=1, languages={"en": {
    "subject": "Thank you, {{ contact.first_name | default: 'friend' }}",
    "html": "<p>Dear {{ contact.first_name }}, see <a href='https://shop.example/orders'>your orders</a>.</p>",
}})
journey = Journey.objects.create(name="Thanks", draft={
    "trigger": {"kind": "event", "event": "Order Completed"},
    "settings": {"reentry": "always"},
    "steps": [
        {"id": "mail", "kind": "email", "revision": revision.pk, "sender": Sender.objects.get().pk,
         "purpose": "transactional", "why": "Order confirmation"},
        {"id": "end", "kind": "exit"},
    ],
})
answer = publishing.publish(journey, by=None, now=timezone.now()).pk
"""

WIN_BACK = """
from django.utils import timezone
from journeys.flow import publishing
from journeys.models import Content, ContentRevision, Journey, Sender, SmtpServer
from profiles.models import Brand, Topic
from segments import rebuild
from segments.models import Segment

SmtpServer.objects.create(name="Sink", host="127.0.0.1", port={port}, security="none")
topic = Topic.objects.create(brand=Brand.objects.get(), key="offers", name="Offers to customers", basis="customer")
content = Content.objects.create(name="We miss you")
revision = ContentRevision.objects.create(content=content, number=1, languages={{"en": {{
    "subject": "We miss you",
    "html": "<p>It has been a while. <a href='https://shop.example/'>Come and see</a>.</p>",
}}}})
lapsed = Segment.objects.create(name="Lapsed", definition={{"type": "all", "children": [
    {{"type": "purchase", "measure": "orders", "operator": "eq", "value": 0,
      "window": {{"type": "last", "amount": 90, "unit": "day"}}}},
    {{"type": "event", "name": "Order Completed", "frequency": "at_least", "count": 1, "window": {{"type": "ever"}}}},
]}})
rebuild.rebuild(lapsed, now=timezone.now())
journey = Journey.objects.create(name="Win back", draft={{
    "trigger": {{"kind": "segment", "segment": lapsed.pk, "members": "current"}},
    "settings": {{"reentry": "never"}},
    "steps": [
        {{"id": "mail", "kind": "email", "revision": revision.pk, "sender": Sender.objects.get().pk,
         "purpose": "marketing", "topic": topic.pk}},
        {{"id": "end", "kind": "exit"}},
    ],
}})
answer = publishing.publish(journey, by=None, now=timezone.now()).pk
"""
