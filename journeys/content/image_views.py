"""The pages of the image library."""

from dataclasses import replace

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cdp.lib import audit
from journeys.content import pictures, workbench
from journeys.content.forms import ImageForm, UploadForm
from journeys.content.views import editor
from journeys.messages import arranging, blocks, contents
from journeys.models import Content, Image
from profiles.pages import PageRequest, page
from profiles.permissions import EDIT, SEE
from profiles.shelf import tell, undoable

PAGE = 60


@page(SEE)
@require_http_methods(["GET", "POST"])
def library(request: PageRequest) -> HttpResponse:
    """Every image that can be chosen, and a form to add one."""
    form = UploadForm()
    if request.method == "POST":
        if not request.user.has_perm(EDIT):
            return HttpResponse(status=403)
        form = UploadForm(request.POST, request.FILES)
        if _added(request, form) is not None:
            messages.success(request, _("The image is in the library."))
            return redirect("images")
    words = request.GET.get("q", "").strip()
    found = list(pictures.library(words)[: PAGE + 1])
    context = {"form": form, "images": found[:PAGE], "has_more": len(found) > PAGE, "words": words}
    return render(
        request, "journeys/content/images.html", {**context, "may_edit": request.user.has_perm(EDIT)}
    )


@page(SEE)
@require_http_methods(["GET", "POST"])
def image(request: PageRequest, image_id: int) -> HttpResponse:
    """One image: what it shows, and where it is used."""
    kept = get_object_or_404(Image.objects.defer("content", "thumbnail"), pk=image_id)
    may_edit = request.user.has_perm(EDIT)
    form = ImageForm(request.POST or None, instance=kept)
    if request.method == "POST" and may_edit and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("images")
    context = {"image": kept, "form": form, "used_in": pictures.used_in(kept), "may_edit": may_edit}
    return render(request, "journeys/content/image.html", context)


@page(EDIT)
@require_POST
def archive(request: PageRequest, image_id: int) -> HttpResponse:
    """Out of the library; mails that show it go on doing so."""
    audit.update(Image.objects.filter(pk=image_id), archived_at=timezone.now())
    undoable(request, _("The image is archived."), url=reverse("image_restore", args=[image_id]))
    return redirect("images")


@page(EDIT)
@require_POST
def restore(request: PageRequest, image_id: int) -> HttpResponse:
    """Back into the library."""
    audit.update(Image.objects.filter(pk=image_id), archived_at=None)
    return redirect("images")


@page(EDIT)
@require_POST
def upload_into(request: PageRequest, content_id: int) -> HttpResponse:
    """A new image, straight into a block of a mail."""
    mail = get_object_or_404(Content.objects.select_related("brand"), pk=content_id, archived_at=None)
    language, name = request.POST.get("language", ""), request.POST.get("block", "")
    form = UploadForm(request.POST, request.FILES)
    added = _added(request, form)
    if added is not None:
        opened = workbench.opened(mail, language=language)
        block = arranging.found(opened.words.blocks, name)
        fresh = arranging.replaced(opened.words.blocks, blocks.changed(block, {"image": added.pk}))
        words = replace(opened.words, blocks=fresh)
        contents.keep(
            mail, opened.draft.with_words(opened.language, words), by=request.user, now=timezone.now()
        )
    if not request.htmx:
        return redirect(f"{reverse('email_edit', args=[mail.pk])}?language={language}&block={name}")
    shown = editor(request, mail, language=language, selected=name)
    context = {**shown, "tab": "write", "is_answer": True, "upload": form}
    parts = ("state", "canvas", "drawer")
    drawn = "".join(
        render(request, f"journeys/content/edit.html#{part}", context).content.decode() for part in parts
    )
    return tell(request, HttpResponse(drawn))


def _added(request: PageRequest, form: UploadForm) -> Image | None:
    """The image of a form that is in order; None with the reason beside the field."""
    if not form.is_valid():
        return None
    file = form.cleaned_data["file"]
    try:
        return pictures.add(
            file.read(), name=file.name, alt=form.cleaned_data["alt"], by=request.user, now=timezone.now()
        )
    except pictures.NotAnImage as problem:
        form.add_error("file", str(problem))
        return None
