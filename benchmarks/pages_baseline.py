"""The yardstick of `benchmarks/pages.py`: what Django itself takes for a list of 50 of the same contacts.

One generic ListView with its paginator and a plain template, behind the same middleware, the same session and the
same sign-in. Frozen: when pages become slower than twice this, they have to change and not it.
"""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.views.generic import ListView

from profiles.models import Contact

TEMPLATE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Contacts</title></head>
<body>
<p>Signed in as {{ user.get_username }}</p>
<h1>Contacts</h1>
<p>{{ page_obj.paginator.count }} contacts</p>
<table>
<thead><tr><th>Name</th><th>E-mail</th><th>Phone</th><th>City</th><th>Country</th><th>Since</th></tr></thead>
<tbody>
{% for contact in object_list %}
<tr><td><a href="/profiles/{{ contact.pk }}/">{{ contact.first_name }} {{ contact.last_name }}</a></td>
<td>{{ contact.email }}</td><td>{{ contact.phone }}</td><td>{{ contact.city }}</td><td>{{ contact.country }}</td>
<td>{{ contact.created_at }}</td></tr>
{% endfor %}
</tbody>
</table>
{% if page_obj.has_next %}<a href="?page={{ page_obj.next_page_number }}">Next</a>{% endif %}
</body>
</html>
"""


class Contacts(LoginRequiredMixin, ListView):  # type: ignore[type-arg]  # Django leaves it bare at run time
    """All contacts, newest first, 50 a page."""

    queryset = Contact.objects.order_by("-id")
    paginate_by = 50

    def render_to_response(self, context: dict[str, object], **_: object) -> HttpResponse:
        """The template from memory, as Django's cached loader has it."""
        return HttpResponse(PLAIN.render(context, self.request))


PLAIN = engines["django"].from_string(TEMPLATE)


def contacts(request: HttpRequest) -> HttpResponse:
    """The list."""
    return VIEW(request)  # type: ignore[return-value]  # a ListView answers with a response


VIEW = Contacts.as_view()
